"""What a request asks for: its fields by name, one photo, a recipe. Everything unknown is named and refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.request import Request

from accounts import throttles
from processing import direct, downloads
from processing.api.parsers import read_object
from processing.errors import Refused, refusing
from processing.fetch import fetch_image
from processing.jobs import Upload
from processing.pipeline.errors import PipelineError
from processing.pipeline.layouts import LAYOUTS, expanded
from processing.pipeline.recipe import OF_THE_LOOK, RULES, Recipe
from processing.uploads import refusals, too_large

SOURCES = ("file", "url", "base64", "upload")
# What a recipe can be asked for by: its fields, and a name for some of them together.
OPTIONS = frozenset({*RULES, "layout"})
JOB_FIELDS = frozenset({*SOURCES, "name", "model", "recipe", *OPTIONS})
# How closely the net looks is decided when a job is made; everything after that can be asked for again.
RENDITION_FIELDS = frozenset({"recipe", "revision", *OPTIONS}) - OF_THE_LOOK
PLAIN = Recipe()
_DATA_URL = re.compile(r"data:[\w/+.;=-]{0,100},")


@dataclass(frozen=True)
class Fields:
    """The body's fields, each once."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, UploadedFile] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The field's text; "" when it is absent or null. Refused when it is something else."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise invalid(name, value, "a text")
        return value.strip()


def read_fields(request: Request, known: Collection[str]) -> Fields:
    """The body of a form or a JSON object. Refused: unknown_parameter, invalid_parameter, what the parsers raise."""
    check_transfer(request)
    data = request.data
    if not isinstance(data, QueryDict):
        fields = Fields(dict(data))
    else:
        files = {name: _single(name, data.getlist(name)) for name in request.FILES}
        values = {name: _single(name, data.getlist(name)) for name in data if name not in files}
        fields = Fields(values, files)
    check_names({**fields.values, **fields.files}, known)
    return fields


def check_names(given: Collection[str], known: Collection[str]) -> None:
    unknown = [name[:40] for name in given if name not in known]
    if unknown:
        raise Refused("unknown_parameter", names=unknown[:5], expected=_likeliest_first(unknown[0], known))


def _likeliest_first(slip: str, known: Collection[str]) -> list[str]:
    """What was perhaps meant, then the others in the order of the alphabet."""
    near = get_close_matches(slip, known, n=3)
    return [*near, *sorted(set(known).difference(near))]


def read_upload(request: Request, fields: Fields) -> Upload:
    """The one photo of a request; a URL is loaded here."""
    for refusal in refusals(request._request):
        raise refusal
    given = [name for name in SOURCES if name in fields.files or fields.text(name)]
    if len(given) > 1:
        raise Refused("multiple_sources")
    if "file" in fields.values:
        raise invalid("file", "…", "a part of multipart/form-data with a file name")
    if not given:
        raise Refused("missing_source")
    upload = _photo(request, given[0], fields)
    name = fields.text("name")
    return Upload(name, upload.data) if name else upload


def read_recipe(fields: Fields, known: Collection[str] = OPTIONS, base: Recipe = PLAIN) -> Recipe:
    """A recipe of one object `recipe` and of single fields, which go before it; the rest stays as in `base`."""
    asked = _asked(fields)
    check_names(asked, [name for name in known if name in OPTIONS])
    given = {name: _spelled(name, value) for name, value in asked.items()}
    with refusing(PipelineError):
        options = expanded(given)
        parsed = Recipe.parse(options)
        return base.replace(**{name: getattr(parsed, name) for name, text in options.items() if text.strip()})


def read_number(fields: Fields, name: str) -> int | None:
    """A whole number of JSON or of a form; None when it is absent."""
    value = fields.values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise invalid(name, value, "a whole number from 0 on")
    return value


def asked_recipe_format(fields: Fields) -> str:
    """The format that the request names; "" when it names none."""
    value = _asked(fields).get("format")
    return value if isinstance(value, str) else ""


def invalid(name: str, value: object, expected: object) -> Refused:
    return Refused("invalid_parameter", field=name, value=str(value)[:80], expected=expected)


def _asked(fields: Fields) -> dict[str, Any]:
    together = _recipe_object(fields.values.get("recipe"))
    return {**together, **{name: value for name, value in fields.values.items() if name in OPTIONS}}


def _photo(request: Request, kind: str, fields: Fields) -> Upload:
    if kind == "upload":
        return direct.claim(request.user, fields.text("upload"))
    if kind == "url":
        with downloads.turn(throttles.who(request)):
            return fetch_image(fields.text("url"))
    if kind == "base64":
        return Upload("photo", decoded(fields.text("base64")))
    if not isinstance(fields.files["file"], UploadedFile):
        raise Refused("missing_source")
    return Upload(fields.files["file"].name or "", fields.files["file"].read())


def decoded(text: str) -> bytes:
    """The bytes of Base64, plain or as a data URL; its length is checked before anything is decoded."""
    most = settings.IMAGE_LIMITS.max_bytes
    text = text[_DATA_URL.match(text).end() :] if _DATA_URL.match(text) else text  # type: ignore[union-attr]
    if len(text) * 3 // 4 > most + 2:
        raise too_large(len(text) * 3 // 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("invalid_base64") from None


def _recipe_object(value: Any) -> Mapping[str, Any]:
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        return read_object(value)
    if not isinstance(value, dict):
        raise invalid("recipe", value, "an object")
    return value


def _spelled(name: str, value: Any) -> str:
    """A value of JSON in the spelling of a form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < 1e9:
        return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return value
    expected = RULES[name].expected if name in RULES else list(LAYOUTS)
    with refusing(PipelineError):
        raise PipelineError("invalid_recipe", field=name, value=str(value)[:80], expected=expected)


def _single(name: str, values: list[Any]) -> Any:
    if len(values) > 1:
        raise Refused("multiple_sources") if name in SOURCES else invalid(name, "given twice", "given once")
    return values[0]


def check_transfer(request: Request) -> None:
    """A body without a length would be taken for none, and a packed one is not unpacked."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refused("unsupported_media_type", media_type=request.META["HTTP_CONTENT_ENCODING"][:40])
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        raise Refused("length_required")
