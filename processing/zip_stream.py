"""A ZIP that is written while it is read by whoever downloads it: its size takes no memory and no disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

CHUNK = 256 * 1024  # bytes
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that ZIP can tell

Content = bytes | IO[bytes]


def stream(entries: Iterable[tuple[str, Content]]) -> Iterator[bytes]:
    """The archive's bytes. Each entry's content is bytes, or a file, which is read piecewise and closed. Entries
    are not compressed: pictures are so already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as target:  # type: ignore[call-overload]
        for name, content in entries:
            with target.open(entry(name), "w", force_zip64=not isinstance(content, bytes)) as place:
                for piece in _pieces(content):
                    place.write(piece)
                    yield sink.drained()
    yield sink.drained()


def entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.external_attr = 0o644 << 16
    return info


def _pieces(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content:
        while piece := content.read(CHUNK):
            yield piece


class _Sink:
    """A file that cannot be sought in and is emptied by its reader."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        return None

    def drained(self) -> bytes:
        data = bytes(self.waiting)
        self.waiting.clear()
        return data
