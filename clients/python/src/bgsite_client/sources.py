"""A photo as people have it: a path, an address, bytes, or an open file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Source = str | os.PathLike[str] | bytes | IO[bytes]


@dataclass(frozen=True, slots=True)
class Photo:
    """`url`, or else `data`. Made by `Photo.of`; name one yourself by `Photo("dog.jpg", data)`."""

    name: str
    data: bytes = b""
    url: str = ""

    @classmethod
    def of(cls, source: Source | Photo) -> Photo:
        """A text that begins with http:// or https:// is an address, which the server loads; any other is a path."""
        if isinstance(source, Photo):
            return source
        if isinstance(source, bytes | bytearray | memoryview):
            return cls("photo", bytes(source))
        if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
            return cls("", url=source)
        if isinstance(source, str | os.PathLike):
            path = Path(source)
            return cls(path.name, path.read_bytes())
        name = getattr(source, "name", "")
        return cls(Path(name).name if isinstance(name, str) and name else "photo", source.read())
