"""Bria's RMBG as a service: version 2 of the API (a request to wait for, by polling) and version 1 (one request)."""

from __future__ import annotations

import base64
import re
from typing import Any

from .account import NAMES
from .errors import STATUSES, ProviderError, for_status
from .http import Client
from .picture import Picture

NAME = NAMES["bria"]
HEADER = "api_token"
BASE_URL = "https://engine.prod.bria-api.com"
V2_PATH = "/v2/image/edit/remove_background"
V1_PATH = "/v1/background/remove"

# As the shared table, but 403 is about money here.
BRIA_STATUSES = {**STATUSES, 403: ("provider_out_of_credits", "the plan or its quota does not allow it")}

FIRST_POLL, LONGEST_POLL = 1.0, 4.0  # seconds; polls count against the rate limit, so they get rarer
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def cut_v2(client: Client, picture: Picture) -> bytes:
    """The cutout's file from version 2. It may answer at once (200) or tell where to ask (202), whatever was
    asked for."""
    body = {
        "image": base64.b64encode(picture.data).decode("ascii"),
        "preserve_alpha": True,
        "sync": client.account.sync,
    }
    answer = client.expect(client.post(V2_PATH, json=body), 200, 202).json()
    if not _result(answer):
        answer = _finished(client, _status_url(client, answer))
    return client.download(_result(answer), picture.most_answer)


def cut_v1(client: Client, picture: Picture) -> bytes:
    """The cutout's file from version 1."""
    file = (picture.name, picture.data, picture.media_type)
    answer = client.expect(client.post(V1_PATH, files={"file": file}, data={"sync": "true"}), 200).json()
    return client.download(answer.get("result_url"), picture.most_answer)


def _finished(client: Client, status_url: str) -> dict[str, Any]:
    wait = FIRST_POLL
    while True:
        client.pause(wait)
        wait = min(LONGEST_POLL, wait * 1.5)
        answer = client.expect(client.get(status_url), 200).json()
        status = str(answer.get("status", "")).upper()
        if status in {"ERROR", "FAILED"}:
            raise _failure(answer)
        if _result(answer):
            return answer
        if status == "COMPLETED":
            raise client.bad_answer("it finished without a result")


def _status_url(client: Client, answer: dict[str, Any]) -> str:
    """Built from the request's id and our own base address, as the key goes there: an address in an answer can
    name any host."""
    request_id = answer.get("request_id")
    if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
        raise client.bad_answer("it names neither a result nor a request")
    return f"{client.account.base_url.rstrip('/')}/v2/status/{request_id}"


def _failure(answer: dict[str, Any]) -> ProviderError:
    error = answer.get("error")
    status = error.get("code") if isinstance(error, dict) else None
    return for_status(NAME, status if isinstance(status, int) else 500, BRIA_STATUSES)


def _result(answer: dict[str, Any]) -> object:
    result = answer.get("result")
    return result.get("image_url") if isinstance(result, dict) else None
