"""What a request brings for a batch: pieces out of JSON, of a form with many files, or of a ZIP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.request import Request

from accounts import throttles
from accounts.limits import LimiterAway, TooManyRequests
from accounts.models import ApiKey
from processing import batch_arrivals, batches
from processing.api.idempotency import job_id_of
from processing.api.reading import Fields, check_names, check_transfer, decoded, invalid
from processing.batches import Piece
from processing.errors import Refused, refusing
from processing.jobs import Upload
from processing.models import Batch, BatchItem
from processing.uploads import ARCHIVE, refusals

PIECE_FIELDS = ("url", "base64", "name", "key")
SWITCH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Brought:
    """The fields that are not pieces, the pieces, and a ZIP of more."""

    fields: Fields
    pieces: list[Piece] = field(default_factory=list)
    archive: UploadedFile | None = None
    count: Callable[[], None] = batch_arrivals.nothing  # each entry of the ZIP

    def closes(self, usual: bool) -> bool:
        value = self.fields.values.get("close")
        if value is None:
            return usual
        found = SWITCH.get(str(value).strip().lower())
        if found is None:
            raise invalid("close", value, ["true", "false"])
        return found


def read(request: Request, known: frozenset[str]) -> Brought:
    """The body of a request. Refused as a whole when it is misshapen, or more than an owner may have in a batch."""
    check_transfer(request)
    for refusal in refusals(request._request):
        raise refusal
    data: Any = request.data
    if isinstance(data, QueryDict):
        brought = _form(request, data, known | {"file", "key", ARCHIVE})
    else:
        check_names(data, known | {"items"})
        values = {name: value for name, value in data.items() if name != "items"}
        brought = Brought(Fields(values), [*_json(request, data.get("items"))])
    if len(brought.pieces) > batches.MOST:
        raise Refused("batch_too_large", limit=batches.MOST)
    return brought


def add(batch: Batch, brought: Brought) -> list[BatchItem]:
    """Refused as a whole when not all fit, or the ZIP is none; else each item has its own answer."""
    batches.check_room(batch, {piece.key for piece in brought.pieces})
    made = batch_arrivals.add(batch, brought.pieces)
    if brought.archive is not None:
        made += batch_arrivals.add_archive(batch, cast(IO[bytes], brought.archive.file), brought.count)
    return made


def _form(request: Request, data: QueryDict, known: frozenset[str]) -> Brought:
    check_names(data, known)
    files: list[Any] = data.getlist("file")
    archives: list[Any] = data.getlist(ARCHIVE)
    keys = data.getlist("key")
    for name, found in (("file", files), (ARCHIVE, archives)):
        if not all(isinstance(file, UploadedFile) for file in found):
            raise invalid(name, "…", "parts of multipart/form-data with a file name")
    if len(archives) > 1:
        raise Refused("multiple_sources")
    if keys and len(keys) != len(files):
        raise invalid("key", f"{len(keys)} of them", "as many keys as files, in the same order")
    values = {name: _once(name, data.getlist(name)) for name in data if name not in {"file", "key", ARCHIVE}}
    pieces = [
        Piece(file.name or "", _key(request, number, keys), _counted(request, number, _reader(file)))
        for number, file in enumerate(files)
    ]
    return Brought(Fields(values), pieces, archives[0] if archives else None, _counter(request, len(pieces)))


def _reader(file: Any) -> Callable[[], Upload]:
    return lambda: Upload(file.name or "", file.read())


def _json(request: Request, items: Any) -> Iterator[Piece]:
    if items is not None and not isinstance(items, list):
        raise invalid("items", items, "a list of objects")
    for number, item in enumerate(items or []):
        if not isinstance(item, dict):
            raise invalid(f"items[{number}]", item, "an object")
        check_names(item, PIECE_FIELDS)
        yield _piece(request, number, Fields(item))


def _piece(request: Request, number: int, item: Fields) -> Piece:
    texts = {name: item.text(name) for name in PIECE_FIELDS}
    url, data = texts["url"], texts["base64"]
    if bool(url) == bool(data):
        raise Refused("multiple_sources" if url else "missing_source")
    name = texts["name"] or (url.partition("?")[0].rpartition("/")[2] if url else "")
    key = _key(request, number, [""] * number + [texts["key"]])
    if url:
        _counted(request, number, lambda: Upload("", b""))() if _is_test(request) else None
        return Piece(name, key, url=url)
    return Piece(name, key, _counted(request, number, lambda: Upload(name, decoded(data))))


def _key(request: Request, number: int, keys: list[str]) -> str:
    """The sender's, else one that is the same when the request is repeated under its Idempotency-Key."""
    given = keys[number].strip() if keys else ""
    if len(given) > batches.LONGEST_KEY or "\0" in given:
        raise invalid("key", given, f"at most {batches.LONGEST_KEY} characters")
    return given or f"{job_id_of(request).hex}:{number}"


def _counted(request: Request, number: int, read: Callable[[], Upload]) -> Callable[[], Upload]:
    """For a test key each photo counts, as nothing else bounds it: it pays nothing. The first is counted already."""
    if not _is_test(request) or number == 0:
        return read

    def counted() -> Upload:
        _count(request)
        return read()

    return counted


def _counter(request: Request, before: int) -> Callable[[], None]:
    """Counts the photos of a ZIP that comes after so many others, for a test key."""
    if not _is_test(request):
        return batch_arrivals.nothing
    numbers = itertools.count(before)
    return lambda: _count(request) if next(numbers) else None


def _count(request: Request) -> None:
    with refusing(TooManyRequests, LimiterAway):
        throttles.count_photo(request)


def _is_test(request: Request) -> bool:
    return isinstance(request.auth, ApiKey) and request.auth.is_test


def _once(name: str, values: list[Any]) -> Any:
    if len(values) > 1:
        raise invalid(name, "given twice", "given once")
    return values[0]
