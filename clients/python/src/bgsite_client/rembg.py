"""`remove` as the library rembg has it, done by a server: a program changes its import and nothing else.

    from bgsite_client.rembg import new_session, remove

The server and the key are in BGSITE_URL and BGSITE_KEY, or given to `new_session`. Bytes in, bytes out; a Pillow
image in, a Pillow image out; an array in, an array out (for these two Pillow has to be installed, as with rembg).
"""

from __future__ import annotations

import io
import json
import os
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from .errors import BgsiteError, ConnectionFailed, error_of
from .retries import Retries
from .transport import USER_AGENT, USUAL

Colour = tuple[int, int, int, int]


@dataclass(frozen=True)
class Session:
    """A model at a server. `model` "" is the server's usual one; without a `key` the server may still let you in."""

    model: str = ""
    url: str = field(default_factory=lambda: os.environ["BGSITE_URL"])
    key: str = field(default_factory=lambda: os.environ.get("BGSITE_KEY", ""), repr=False)
    retries: Retries = field(default_factory=Retries)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=USUAL), repr=False)


def new_session(model_name: str = "", **options: Any) -> Session:
    """Nothing is loaded. `options` are the other fields of Session; rembg's own, as `providers`, have no meaning."""
    known = {name: value for name, value in options.items() if name in Session.__dataclass_fields__}
    return Session(model_name, **known)


def remove(
    data: Any,
    alpha_matting: bool = False,
    alpha_matting_foreground_threshold: int = 240,
    alpha_matting_background_threshold: int = 10,
    alpha_matting_erode_size: int = 10,
    session: Session | None = None,
    only_mask: bool = False,
    post_process_mask: bool = False,
    bgcolor: Colour | None = None,
    force_return_bytes: bool = False,
    **extras: Any,
) -> Any:
    """The cutout, as what `data` is: bytes, a Pillow image or an array. Raises what `bgsite_client.errors` has."""
    fields = {
        "model": (session := session or Session()).model,
        "a": str(alpha_matting).lower(),
        "af": str(alpha_matting_foreground_threshold),
        "ab": str(alpha_matting_background_threshold),
        "ae": str(alpha_matting_erode_size),
        "om": str(only_mask).lower(),
        "ppm": str(post_process_mask).lower(),
        "bgc": ",".join(map(str, bgcolor)) if bgcolor else "",
        "extras": json.dumps(extras) if extras else "",
    }
    png = _ask(session, _bytes(data), fields)
    return png if force_return_bytes or isinstance(data, bytes | bytearray) else _as(data, png)


def _ask(session: Session, photo: bytes, fields: dict[str, str]) -> bytes:
    """Trying again is safe: the same photo in the same way is neither done nor charged twice."""
    for tried in count(1):
        failure = _tried(session, photo, fields)
        if isinstance(failure, bytes):
            return failure
        pause = session.retries.pause(failure, tried)
        if pause is None:
            raise failure
        time.sleep(pause)
    raise AssertionError


def _tried(session: Session, photo: bytes, fields: dict[str, str]) -> bytes | BgsiteError:
    headers = {"User-Agent": USER_AGENT} | ({"X-Api-Key": session.key} if session.key else {})
    address = f"{session.url.rstrip('/')}/api/remove"
    try:
        answer = session.http.post(address, headers=headers, data=fields, files={"file": ("photo", photo)})
    except httpx.TransportError as error:
        return ConnectionFailed(str(error))
    return answer.content if answer.status_code < 400 else error_of(answer)


def _bytes(data: Any) -> bytes:
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    out = io.BytesIO()
    (data if hasattr(data, "save") else _pillow().fromarray(data)).save(out, "PNG")
    return out.getvalue()


def _as(data: Any, png: bytes) -> Any:
    picture = _pillow().open(io.BytesIO(png))
    picture = (
        picture.convert("RGBA") if picture.mode == "RGB" else picture
    )  # opaque; rembg's have an alpha all the same
    picture.load()
    if hasattr(data, "save"):
        return picture
    import numpy

    return numpy.asarray(picture)


def _pillow() -> Any:
    from PIL import Image

    return Image
