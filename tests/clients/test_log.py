"""The log of gunicorn and a worker as people start them: an object in every line, and a photo in all of its lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.clients.conftest import Server
from tests.servers import wait_until
from webhooks import endpoints
from webhooks.endpoints import Wanted

pytestmark = pytest.mark.slow


def test_every_line_is_an_object_and_the_job_is_in_all_from_upload_to_webhook(
    server: Server, settings: Any
) -> None:
    settings.WEBHOOK_INTERNAL_HOSTS = ["127.0.0.1:9"]  # as those that run were told (conftest.py)
    endpoints.make(server.user, Wanted("http://127.0.0.1:9/nobody-listens", ("job.succeeded",)))
    headers = {"X-Api-Key": server.key, "X-Request-ID": "follow-me-1"}
    with server.photo.open("rb") as file:
        sent = requests.post(f"{server.url}/api/v1/jobs", files={"file": file}, headers=headers, timeout=60)
    job = sent.json()["id"]

    def words() -> list[str]:
        return [each["message"] for each in lines(server) if each.get("job") == job]

    wait_until(lambda: any("not delivered" in each for each in words()), "a try of the webhook", 60)
    mine = words()
    for part in ("accepted", f"POST /api/v1/jobs {sent.status_code}", f"Job {job} done", "Webhook msg_"):
        assert any(part in each for each in mine), part
    about = [each for each in lines(server) if job in each["message"] or each.get("request") == "follow-me-1"]
    assert about and all(each.get("job") == job for each in about)
    assert any(each["logger"] == "gunicorn.error" for each in lines(server))
    assert server.photo.name not in json.dumps(lines(server)) and "alice" not in json.dumps(lines(server))


def lines(server: Server) -> list[dict[str, str]]:
    """Whole lines; the last one may still be written."""
    texts = [line for path in server.logs for line in path.read_text().splitlines(keepends=True)]
    found: list[dict[str, str]] = [json.loads(line) for line in texts if line.endswith("\n") and line.strip()]
    return found
