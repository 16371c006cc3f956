"""The classic format's two ways to change a cutout: spots of its alpha, and what lies behind it.

No model looks, so there is no job and no charge. A worker does it while the request waits; the pictures go there
and back through the cache and are kept nowhere.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from rest_framework.request import Request

from processing import tasks
from processing.api import waiting
from processing.api.compat import work
from processing.api.compat.base import read
from processing.api.compat.classic import Classic, answer, data_url, picture
from processing.api.reading import Fields, invalid
from processing.errors import Refused
from processing.pipeline.options import Colour

log = logging.getLogger(__name__)

MOST_EDITS = 500
LONGEST_RADIUS = 1000.0  # px
PAUSE = 0.05  # seconds between two looks for the answer

Edit = tuple[float, float, float, str]  # x, y, radius in px; add, remove


class EditMask(Classic):
    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        edits = read_edits(fields.values.get("edits"))
        photo = picture(request, fields, "image")
        work.look_at(request, photo)
        made = _made({"kind": "edit", "image": photo.data, "edits": edits})
        return answer({"success": True, "image": data_url(made), "message": f"{len(edits)} edits applied"})


class AddBackground(Classic):
    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        colour = _colour(fields)
        photo = picture(request, fields, "foregroundImage")
        behind = b"" if colour else picture(request, fields, "backgroundImage").data
        work.look_at(request, photo)
        made = _made({"kind": "behind", "image": photo.data, "colour": colour, "behind": behind})
        return answer({"success": True, "image": data_url(made), "message": "Background added"})


def read_edits(value: Any) -> list[Edit]:
    """A list of objects, or that as JSON. Refused: invalid_parameter."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list) or not 0 < len(value) <= MOST_EDITS:
        raise invalid("edits", "…", f"a list of 1 to {MOST_EDITS} objects with x, y, radius and action")
    return [_edit(one) for one in value]


def _edit(value: Any) -> Edit:
    one = value if isinstance(value, dict) else {}
    numbers = [one.get(name) for name in ("x", "y", "radius")]
    if not all(isinstance(number, int | float) and abs(number) < 1e5 for number in numbers):
        raise invalid("edits", value, "objects whose x, y and radius are numbers of px")
    x, y, radius = (float(number) for number in numbers)  # type: ignore[arg-type]
    action = one.get("action", "add")
    if action not in ("add", "remove") or not 0 < radius <= LONGEST_RADIUS:
        raise invalid("edits", value, f"add or remove, with a radius of up to {LONGEST_RADIUS:g} px")
    return x, y, radius, str(action)


def _colour(fields: Fields) -> str:
    """#rrggbb; "" where a picture lies behind."""
    text = fields.text("backgroundColor")
    has_picture = "backgroundImage" in fields.files or bool(fields.text("backgroundImage"))
    if bool(text) == has_picture:
        raise invalid("backgroundColor", text, "given, or else backgroundImage is, and not both")
    colour = Colour().read(text) if text else ""
    if colour in {None, "none"}:
        raise invalid("backgroundColor", text, Colour().expected)
    return colour or ""


def _made(question: dict[str, Any]) -> bytes:
    """What a worker makes of the question. Refused: what it refuses, queue_full, too_slow."""
    key = f"picture:{secrets.token_hex(16)}"
    with waiting.seat():
        try:
            found = _asked(key, question)
        finally:
            cache.delete_many([f"{key}:question", f"{key}:answer"])
    if "png" not in found:
        raise Refused(found["code"], **found["facts"])
    return bytes(found["png"])


def _asked(key: str, question: dict[str, Any]) -> dict[str, Any]:
    cache.set(f"{key}:question", question, settings.API_WAIT_SECONDS)
    deadline = time.monotonic() + settings.API_WAIT_SECONDS
    try:
        tasks.picture.apply_async(args=(key,), retry=False)
    except Exception as error:  # kombu and redis each have their own
        log.warning("Broker not reached for a picture: %s", type(error).__name__)
        raise Refused("too_slow") from None
    while (found := cache.get(f"{key}:answer")) is None:
        if time.monotonic() > deadline:
            raise Refused("too_slow")
        time.sleep(PAUSE)
    return dict(found)
