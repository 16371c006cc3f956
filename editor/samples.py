"""Sample photos, kept at set-up (`manage.py prepare`), and the real cutout of the first: on the first page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from processing.errors import Refused
from processing.jobs import Upload


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo to try: what the form sends for it, its file, its name as an upload, and what the button says."""

    key: str
    file: str
    name: str
    words: str


SAMPLES = (
    Sample("1", "source.jpg", "sample.jpg", "Try this one: a portrait"),
    Sample("cat", "cat.jpg", "cat.jpg", "Try the cat"),
    Sample("cup", "cup.jpg", "cup.jpg", "Try the cup"),
)
MEDIA_TYPES = {"cutout.png": "image/png"} | {sample.file: "image/jpeg" for sample in SAMPLES}


def _path(name: str) -> Path:
    return settings.DATA_DIR / "sample" / name


def available() -> bool:
    """Whether there is a cutout to show beside its photo."""
    return _path("source.jpg").is_file() and _path("cutout.png").is_file()


def listing() -> list[Sample]:
    return [sample for sample in SAMPLES if _path(sample.file).is_file()]


def upload(key: str) -> Upload:
    """The sample as if somebody had sent it; an unknown one counts as the first."""
    sample = next((each for each in SAMPLES if each.key == key), SAMPLES[0])
    try:
        return Upload(sample.name, _path(sample.file).read_bytes())
    except OSError:
        raise Refused("missing_source") from None


@require_safe
@cache_control(public=True, max_age=3600)
def sample(request: HttpRequest, name: str) -> FileResponse:
    if name not in MEDIA_TYPES or not _path(name).is_file():
        raise Http404
    return FileResponse(_path(name).open("rb"), content_type=MEDIA_TYPES[name])
