"""rembg's HTTP server: `GET|POST /api/remove`, its names and defaults, with the limits that it lacks."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework.request import Request

from accounts import throttles
from processing import links, owners, storage
from processing.api.compat import work
from processing.api.compat.base import DropIn, query, read
from processing.api.compat.keyless import KeyOrNone, MayCome, owner_of
from processing.api.parsers import read_object
from processing.api.reading import Fields
from processing.errors import Refused, refusing
from processing.jobs import Upload
from processing.pipeline.options import Number, Switch
from processing.pipeline.recipe import Recipe
from processing.registry import catalogue
from processing.registry.choose import AUTO
from processing.registry.errors import RegistryError

SWITCHES = ("a", "om", "ppm")
MATTING = {"af": 240, "ab": 10, "ae": 10}
THRESHOLDS = {
    "af": Number(0, 255, whole=True),
    "ab": Number(0, 255, whole=True),
    "ae": Number(0, 999_999, whole=True),
}
# Keys of `extras` that would need a model's prompt, which no job has here.
UNSUPPORTED = ("sam_prompt", "input_points", "input_labels", "cc", "cloth_category")


class Invalid(Exception):
    """What the original's framework calls a validation error: where, and what is wrong."""

    def __init__(self, name: str, message: str, kind: str = "value_error", value: object = None) -> None:
        super().__init__(message)
        self.detail = {"type": kind, "loc": [name], "msg": message, "input": value}


class Remove(DropIn):
    authentication_classes = (KeyOrNone,)
    permission_classes = (MayCome,)
    takes_photos = True
    scope = "write"  # with GET, too: it makes a photo's job

    def get(self, request: Request) -> HttpResponse:
        throttles.count_photo(request)  # the throttle leaves out what only looks
        fields = query(request)
        if not fields.text("url"):
            raise Invalid("url", "Field required", "missing")
        return _removed(request, fields, lambda: work.load("url", fields.text("url")))

    def post(self, request: Request) -> HttpResponse:
        body = read(request)
        fields = Fields({**query(request).values, **body.values})
        file = body.files.get("file")
        if not isinstance(file, UploadedFile):
            raise Invalid("file", "Field required", "missing")
        return _removed(request, fields, lambda: work.load("file", file))

    def tell(self, error: Exception, context: dict[str, Any]) -> HttpResponse:
        if isinstance(error, Invalid):
            place = "body" if context["request"].method == "POST" else "query"
            return _answer({"detail": [{**error.detail, "loc": [place, *error.detail["loc"]]}]}, 422)  # type: ignore[misc]
        return super().tell(error, context)

    def refused(self, refusal: Refused) -> HttpResponse:
        return _answer({"detail": str(refusal)}, refusal.status)


def _removed(request: Request, fields: Fields, load: Any) -> HttpResponse:
    recipe, model = read_recipe(fields), _model(fields)
    photo: Upload = load()
    work.look_at(request, photo)
    owner = owner_of(request)
    try:
        job = work.run(owner, work.Order(photo, recipe, model, work.terms_for(request)))
        data = storage.read(links.result_of(job).file)
    finally:
        if owner.is_guest:  # nobody could ask for it again
            owners.erase(owner)
    return HttpResponse(data, content_type="image/png")


def read_recipe(fields: Fields) -> Recipe:
    """Invalid for what the original refuses."""
    on = {name: _switch(fields, name) for name in SWITCHES}
    for name, rule in THRESHOLDS.items():
        if fields.text(name) and rule.read(fields.text(name)) is None:
            raise Invalid(name, f"Input should be {rule.expected}", "int_parsing", fields.text(name))
    _check_extras(fields)
    return Recipe(
        preset="best" if on["a"] else "balanced",
        trimap=_trimap(fields) if on["a"] else "none",
        specks=on["ppm"],
        channels="alpha" if on["om"] else "rgba",
        background=_background(fields.text("bgc")),
        format="png",
    )


def _trimap(fields: Fields) -> str:
    """af, ab and ae, with the original's defaults; what shrinks by more px than fit in is gone in any case."""
    levels = {name: int(fields.text(name) or usual) for name, usual in MATTING.items()}
    return ",".join(str(min(level, 500)) for level in levels.values())


def _switch(fields: Fields, name: str) -> bool:
    value = Switch().read(fields.text(name) or "false")
    if value is None:
        raise Invalid(name, "Input should be a valid boolean", "bool_parsing", fields.text(name))
    return value


def _background(text: str) -> str:
    if not text:
        return "none"
    levels = [part.strip() for part in text.split(",")]
    if len(levels) != 4 or any(Number(0, 255, whole=True).read(level) is None for level in levels):
        raise Invalid("bgc", "Input should be r,g,b,a, each from 0 to 255", "value_error", text)
    digits = "".join(f"{int(level):02x}" for level in levels)
    return "none" if digits.endswith("00") else f"#{digits}"


def _model(fields: Fields) -> str:
    name = fields.text("model")
    with refusing(RegistryError):
        if name and name != AUTO:
            try:
                catalogue.find(name, settings.MODELS_DIR)
            except RegistryError as error:
                if getattr(error, "code", "") == "unknown_model":
                    raise Invalid("model", "There is no such model", "enum", name[:80]) from None
                raise
    return name


def _check_extras(fields: Fields) -> None:
    """A path on the server is nothing that a request may name; prompts are said to have no effect."""
    text = fields.text("extras")
    if not text:
        return
    try:
        given = read_object(text)
    except Refused as refusal:
        raise Invalid("extras", str(refusal), "json_invalid", text[:80]) from None
    if "model_path" in given:
        raise Invalid("extras", "model_path is not taken from requests")
    unsupported = [name for name in UNSUPPORTED if name in given]
    if unsupported:
        raise Invalid("extras", f"{', '.join(unsupported)}: prompts are not supported here")


def _answer(body: object, status: int) -> HttpResponse:
    return HttpResponse(json.dumps(body), content_type="application/json", status=status)
