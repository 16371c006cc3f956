"""remove.bg's API, version 1.0: a program written for it needs another host name and nothing else.

docs/migration.md tells what differs.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from accounts import limits
from accounts.models import CREDIT, User
from accounts.plans import DAY, DEFAULT, Rate
from processing import backgrounds, links, selection, storage, switches
from processing.api.base import user_of
from processing.api.compat import removebg_errors, work
from processing.api.compat.base import DropIn, read
from processing.api.compat.removebg_errors import BackgroundRefused, WrongParameter
from processing.api.compat.removebg_options import PREVIEW, SIZES, Asked, Size, largest
from processing.api.compat.removebg_options import read as read_options
from processing.api.negotiation import accepted
from processing.api.pictures import file_of
from processing.api.reading import Fields
from processing.errors import Refused
from processing.jobs import PRICE, Upload
from processing.models import Job

PREVIEW_PRICE = CREDIT // 4
SOURCES = {"image_file": "file", "image_file_b64": "base64", "image_url": "url"}
BACKGROUNDS = {"bg_image_file": "file", "bg_image_url": "url"}
# Which model looks when a type is named, where the site's usual one is the general one of the same kind.
MODELS = {("u2net", "person"): "u2net_human_seg", ("birefnet-general", "person"): "birefnet-portrait"}
IMPROVE_A_DAY = 100
UNLIMITED = 1_000_000  # credits that an account which is not charged is said to have


class RemoveBg(DropIn):
    takes_photos = True

    def post(self, request: Request) -> HttpResponseBase:
        fields = read(request)
        asked = read_options(fields)
        source, behind = _only(fields, SOURCES), _background_field(fields, asked)
        if source is None:
            raise Refused("missing_source")
        photo = _photo(request, fields, source)
        found = work.look_at(request, photo)
        size = found.width, found.height
        asked, price = _settled(asked, size, user_of(request))
        if behind:
            row = backgrounds.keep(user_of(request), _background(request, fields, behind))
            asked.fields["background"] = f"image:{row.sha256}"
        order = work.Order(photo, asked.recipe(size), _model(asked, request), work.terms_for(request, price))
        job = work.run(user_of(request), order)
        response = _as_json(job) if _wants_json(request) else file_of(links.result_of(job))
        return _with_facts(response, job, asked, size)

    def refused(self, refusal: Refused) -> HttpResponse:
        return told(refusal)

    def tell(self, error: Exception, context: dict[str, object]) -> HttpResponse:
        return told_wrong(error) if isinstance(error, WrongParameter) else super().tell(error, context)


class Account(DropIn):
    def get(self, request: Request) -> HttpResponse:
        """What is left. Credits of a paid plan count as subscription, all others as bought."""
        user = user_of(request)
        left = UNLIMITED if user.is_unlimited else user.credits
        number = int(left) if left == int(left) else left
        kind = "enterprise" if user.is_unlimited else "payg" if user.plan_name == DEFAULT else "subscription"
        named = {name: number if name == kind else 0 for name in ("subscription", "payg", "enterprise")}
        api = {"free_calls": 0, "sizes": "all"}
        return answer({"data": {"attributes": {"credits": {**named, "total": number}, "api": api}}})

    refused = RemoveBg.refused


class Improve(DropIn):
    """Takes a photo that was cut out badly. Nothing is trained here: it is checked, and kept nowhere."""

    takes_photos = True

    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        source = _only(fields, SOURCES)
        if source is None:
            raise Refused("missing_source")
        work.look_at(request, _photo(request, fields, source))
        limits.hit_all(limits.exact(), f"improve:{user_of(request).pk}", (Rate(IMPROVE_A_DAY, DAY),))
        return answer({"id": str(uuid.uuid4())})

    refused = RemoveBg.refused


def answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), content_type="application/json; charset=utf-8", status=status)


def told(refusal: Refused) -> HttpResponse:
    status, body = removebg_errors.body(refusal)
    return answer(body, status)


def told_wrong(error: WrongParameter) -> HttpResponse:
    told = {"title": error.title, "code": error.code, "detail": error.detail}
    return answer({"errors": [{name: text for name, text in told.items() if text}]}, 400)


def _only(fields: Fields, names: dict[str, str]) -> str | None:
    """The one of these fields that is there. Refused: multiple_sources."""
    given = [name for name in names if name in fields.files or fields.text(name)]
    if len(given) > 1:
        raise Refused("multiple_sources")
    return given[0] if given else None


def _background_field(fields: Fields, asked: Asked) -> str | None:
    given = [name for name in BACKGROUNDS if name in fields.files or fields.text(name)]
    if len(given) + ("background" in asked.fields) > 1:
        raise WrongParameter(
            "multiple_bg_sources", "Multiple background sources given: Please provide only one."
        )
    return given[0] if given else None


def _photo(request: Request, fields: Fields, name: str) -> Upload:
    return work.load(request, SOURCES[name], fields.files.get(name) or fields.text(name))


def _background(request: Request, fields: Fields, name: str) -> bytes:
    try:
        return work.load(request, BACKGROUNDS[name], fields.files.get(name) or fields.text(name)).data
    except Refused as refusal:
        renamed = {"invalid_image_url": "invalid_bg_image_url", "failed_image_download": "failed_bg_download"}
        if refusal.code not in renamed:
            raise
        raise BackgroundRefused(renamed[refusal.code], **refusal.facts) from None


def _settled(asked: Asked, size: Size, user: User) -> tuple[Asked, int]:
    """What it costs; `auto` becomes a preview where the credits are enough for no more."""
    small = size[0] * size[1] <= PREVIEW * 1e6
    if asked.size == "auto" and not small and not user.is_unlimited and user.balance < PRICE:
        asked = replace(asked, size="preview", caps=SIZES["preview"])
    cheap = asked.caps[0] <= PREVIEW or (asked.size == "auto" and small)
    return asked, PREVIEW_PRICE if cheap else PRICE


def _model(asked: Asked, request: Request) -> str:
    wanted = MODELS.get((switches.default_model(), asked.kind))
    if wanted is None:
        return ""
    usable = {offer.spec.name for offer in selection.offers(user_of(request)) if not offer.why_not}
    return wanted if wanted in usable else ""


def _wants_json(request: Request) -> bool:
    """Only who takes nothing but JSON gets it: some libraries always name it, and anything, too."""
    types = accepted(request.headers.get("Accept", "*/*"))
    return "application/json" in types and "*/*" not in types


def _box(job: Job) -> tuple[int, int, int, int]:
    """Left, top, width and height of the foreground, in px of the source."""
    left, top, width, height = job.made_by.get("box") or (0, 0, 0, 0)
    return left, top, width, height


def _as_json(job: Job) -> HttpResponse:
    names = ("foreground_left", "foreground_top", "foreground_width", "foreground_height")
    data = storage.read(links.result_of(job).file)
    box = dict(zip(names, _box(job), strict=True))
    return answer({"data": {"result_b64": base64.b64encode(data).decode(), **box}})


def _with_facts(response: HttpResponseBase, job: Job, asked: Asked, size: Size) -> HttpResponseBase:
    made, box = links.result_of(job), _box(job)
    width, height = largest(asked, size, box)
    facts = {
        "X-Credits-Charged": f"{job.cost / CREDIT:g}",
        "X-Width": made.width,
        "X-Height": made.height,
        "X-Max-Width": width,
        "X-Max-Height": height,
        **dict(
            zip((f"X-Foreground-{name}" for name in ("Left", "Top", "Width", "Height")), box, strict=True)
        ),
    }
    for name, value in facts.items():
        response[name] = str(value)
    if asked.type_header:
        response["X-Type"] = asked.type_header
    return response
