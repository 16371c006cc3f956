"""What comes for a batch, and what is done to one of its items."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import IO, Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from editor import bulk, responses
from editor.bulk import batch_or_404, item_or_404
from processing import batch_arrivals, batches
from processing.batches import Piece
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Batch, BatchItem
from processing.uploads import ARCHIVE, refusals

FILES = "photos"
NAMES = "names"  # of files that will come, as JSON


@require_POST
def add(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Files with their keys, a ZIP, addresses, or names of what will come: JSON of the items that became of it."""
    batch = batch_or_404(request, batch_id)
    try:
        pieces = announced(request)
        if "known" in request.POST:  # which of these are items already; nothing is added
            known = batch.items.filter(key__in=[piece.key for piece in pieces])
            made = list(known.select_related("job"))
        else:
            made = batches.announce(batch, pieces) if pieces else []
            made += take(request, batch)
    except Refused as refusal:
        return responses.refusal_json(refusal)
    if not responses.wants_json(request):
        return redirect(batch)
    return JsonResponse({"items": [_told(batch, item) for item in made]})


def brings_something(request: HttpRequest) -> bool:
    files = any(request.FILES.getlist(name) for name in (FILES, ARCHIVE))
    return files or bool(request.POST.get("urls", "").strip()) or bool(refusals(request))


def take(request: HttpRequest, batch: Batch) -> list[BatchItem]:
    """Puts what came with a request into the batch. Refused as a whole: too much, a ZIP that is none."""
    files, keys = request.FILES.getlist(FILES), request.POST.getlist("key")
    addresses = request.POST.get("urls", "").split()
    for refusal in refusals(request):
        _note_refused(batch, keys, refusal)
    if len(files) + len(addresses) > batches.MOST:
        raise Refused("batch_too_large", limit=batches.MOST)
    other = "replaces" in request.POST
    pieces = [
        Piece(file.name or "", _key(keys, at), _reader(file), replaces=other) for at, file in enumerate(files)
    ]
    pieces += [Piece(_name_of(url), f"url:{url}"[: batches.LONGEST_KEY], url=url) for url in addresses]
    batches.check_room(batch, {piece.key for piece in pieces if piece.key})
    made = batch_arrivals.add(batch, pieces)
    for archive in request.FILES.getlist(ARCHIVE):
        made += batch_arrivals.add_archive(batch, cast(IO[bytes], archive.file))
    return made


def _note_refused(batch: Batch, keys: list[str], refusal: Refused) -> None:
    """A file that was cut off as too large: its item says so. Without a key nobody knows which it was."""
    item = batch.items.filter(key=keys[0]).first() if len(keys) == 1 else None
    if item is None:
        raise refusal
    batches.give_up(item, refusal)


def announced(request: HttpRequest) -> list[Piece]:
    """[{"name": …, "key": …}] as pieces. Refused: invalid_json, batch_too_large, invalid_parameter."""
    if not request.POST.get(NAMES):
        return []
    try:
        rows = json.loads(request.POST[NAMES])
        pieces = [Piece(str(row["name"])[:1000], str(row["key"])) for row in rows]
    except (ValueError, TypeError, KeyError):
        raise Refused("invalid_json", reason="a list of names and keys is asked for") from None
    if len(pieces) > batches.MOST:
        raise Refused("batch_too_large", limit=batches.MOST)
    if any(not piece.key or len(piece.key) > batches.LONGEST_KEY or "\0" in piece.key for piece in pieces):
        raise Refused(
            "invalid_parameter", field="key", value="…", expected=f"1 to {batches.LONGEST_KEY} characters"
        )
    return pieces


def _key(keys: list[str], at: int) -> str:
    return keys[at][: batches.LONGEST_KEY].replace("\0", "") if at < len(keys) else ""


def _reader(file: Any) -> Callable[[], Upload]:
    return lambda: Upload(file.name or "", file.read())


def _name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _told(batch: Batch, item: BatchItem) -> dict[str, Any]:
    row = bulk.Row(item, batch.takes_items)
    return {
        "key": item.key,
        "position": item.position,
        "state": row.state,
        "code": item.error_code,
        "detail": row.why,
    }


# --- One item --------------------------------------------------------------------------------------------


@require_POST
def act(request: HttpRequest, batch_id: uuid.UUID, position: int, verb: str) -> HttpResponse:
    """Retry or remove; the page then says how it stands, or why not."""
    from editor.bulk_views import batch_page

    batch = batch_or_404(request, batch_id)
    item = item_or_404(batch, position)
    try:
        if verb == "remove":
            batches.remove(batch, item)
        elif not batches.retry_item(batch, item):
            raise Refused("not_retryable")
    except Refused as refusal:
        return batch_page(request, batch, refusal)
    return batch_page(request, batch)
