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
from processing.fetch import HEADERS
from processing.jobs import Upload
from processing.pipeline.options import Number, Switch
from processing.pipeline.prompts import Prompts
from processing.pipeline.recipe import LOOKS, Recipe
from processing.registry import catalogue
from processing.registry.choose import AUTO, POINTED_AT
from processing.registry.errors import RegistryError

SWITCHES = ("a", "om", "ppm")
MATTING = {"af": 240, "ab": 10, "ae": 10}
THRESHOLDS = {
    "af": Number(0, 255, whole=True),
    "ab": Number(0, 255, whole=True),
    "ae": Number(0, 999_999, whole=True),
}
# Which of our models is one kind of clothes of the original's.
CLOTHES = {
    "upper": "clothes-upper",
    "lower": "clothes-lower",
    "full": "clothes-full",
    "attire": "u2net_cloth_seg",
}


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
        if request.headers.get("User-Agent") == HEADERS["User-Agent"]:  # an address that leads back to here
            raise Refused("invalid_image_url")
        if not fields.text("url"):
            raise Invalid("url", "Field required", "missing")
        return _removed(request, fields, lambda: work.load(request, "url", fields.text("url")))

    def post(self, request: Request) -> HttpResponse:
        body = read(request)
        fields = Fields({**query(request).values, **body.values})
        file = body.files.get("file")
        if not isinstance(file, UploadedFile):
            raise Invalid("file", "Field required", "missing")
        return _removed(request, fields, lambda: work.load(request, "file", file))

    def tell(self, error: Exception, context: dict[str, Any]) -> HttpResponse:
        if isinstance(error, Invalid):
            place = "body" if context["request"].method == "POST" else "query"
            return _answer({"detail": [{**error.detail, "loc": [place, *error.detail["loc"]]}]}, 422)  # type: ignore[misc]
        return super().tell(error, context)

    def refused(self, refusal: Refused) -> HttpResponse:
        return _answer({"detail": str(refusal)}, refusal.status)


def _removed(request: Request, fields: Fields, load: Any) -> HttpResponse:
    extras = _extras(fields)
    model = _model(fields, extras)
    recipe = read_recipe(fields, _prompt(extras) if model in POINTED_AT else "none")
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


def read_recipe(fields: Fields, prompt: str = "none") -> Recipe:
    """Invalid for what the original refuses."""
    on = {name: _switch(fields, name) for name in SWITCHES}
    for name, rule in THRESHOLDS.items():
        if fields.text(name) and rule.read(fields.text(name)) is None:
            raise Invalid(name, f"Input should be {rule.expected}", "int_parsing", fields.text(name))
    return Recipe(
        prompt=prompt,
        preset=_preset(fields, on["a"]),
        trimap=_trimap(fields) if on["a"] else "none",
        specks=on["ppm"],
        channels="alpha" if on["om"] else "rgba",
        background=_background(fields.text("bgc")),
        format="png",
    )


def _preset(fields: Fields, matting: bool) -> str:
    """One look, as the original's, unless alpha matting is asked for; `preset` is a field that the original lacks."""
    name = fields.text("preset") or ("best" if matting else "fast")
    if name not in LOOKS:
        raise Invalid("preset", f"Input should be one of {', '.join(LOOKS)}", "enum", name[:80])
    return name


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


def _model(fields: Fields, extras: dict[str, Any]) -> str:
    name = fields.text("model")
    clothes = extras.get("cc") or extras.get("cloth_category")
    if name == "u2net_cloth_seg" and isinstance(
        clothes, str
    ):  # others stand for all three, one below the other
        return CLOTHES.get(clothes, name)
    if name == "sam":
        large = str(extras.get("sam_model", "")).startswith("sam_vit_l")
        return "sam-large" if large else "sam-quant" if extras.get("sam_quant") else name
    with refusing(RegistryError):
        if name and name != AUTO:
            try:
                catalogue.find(name, settings.MODELS_DIR)
            except RegistryError as error:
                if getattr(error, "code", "") == "unknown_model":
                    raise Invalid("model", "There is no such model", "enum", name[:80]) from None
                raise
    return name


def _extras(fields: Fields) -> dict[str, Any]:
    """The object `extras`; {} without. A path on the server is nothing that a request may name."""
    text = fields.text("extras")
    if not text:
        return {}
    try:
        given = read_object(text)
    except Refused as refusal:
        raise Invalid("extras", str(refusal), "json_invalid", text[:80]) from None
    if "model_path" in given:
        raise Invalid("extras", "model_path is not taken from requests")
    return dict(given)


def _prompt(extras: dict[str, Any]) -> str:
    """`sam_prompt` as a recipe has it: points and rectangles in px of the photo."""
    marks = extras.get("sam_prompt")
    if marks is None:
        return "none"
    try:
        prompt = Prompts().read(";".join(map(_mark, marks))) if marks else None
    except (TypeError, KeyError, ValueError, AttributeError):
        prompt = None
    if prompt is None:
        raise Invalid("extras", f"sam_prompt: {Prompts().expected}")
    return prompt


def _mark(mark: dict[str, Any]) -> str:
    kinds = {"point": "point" if mark.get("label", 1) else "not", "rectangle": "box"}
    places = [f"{max(0.0, float(number)):.3f}px" for number in mark["data"]]
    return f"{kinds[mark['type']]}:{','.join(places)}"


def _answer(body: object, status: int) -> HttpResponse:
    return HttpResponse(json.dumps(body), content_type="application/json", status=status)
