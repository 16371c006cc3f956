"""The sample photo and its real cutout, made at set-up (`manage.py prepare`) and shown on the first page."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from processing.errors import Refused
from processing.jobs import Upload

NAME = "sample.jpg"
MEDIA_TYPES = {"source.jpg": "image/jpeg", "cutout.png": "image/png"}


def _path(name: str) -> Path:
    return settings.DATA_DIR / "sample" / name


def available() -> bool:
    return all(_path(name).is_file() for name in MEDIA_TYPES)


def upload() -> Upload:
    """The sample as if somebody had sent it."""
    try:
        return Upload(NAME, _path("source.jpg").read_bytes())
    except OSError:
        raise Refused("missing_source") from None


@require_safe
@cache_control(public=True, max_age=3600)
def sample(request: HttpRequest, name: str) -> FileResponse:
    if name not in MEDIA_TYPES or not _path(name).is_file():
        raise Http404
    return FileResponse(_path(name).open("rb"), content_type=MEDIA_TYPES[name])
