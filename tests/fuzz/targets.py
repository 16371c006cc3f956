"""One function for each reader of what strangers send.

Each takes any bytes and tells whether it let them in; it may refuse with its own words. An exception that leaves it,
a value that breaks what is promised, a crash, memory or time without bound: these are finds.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from processing import batch_zip
from processing.api.parsers import read_object
from processing.errors import Refused
from processing.pipeline import codec, replay, strokes
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, verify
from processing.pipeline.recipe import RULES, Recipe

SMALL = Limits(max_bytes=200_000, max_pixels=250_000, max_side=2000, min_side=1)
CANVAS = (60, 40)  # width, height
HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "hostile"


def picture(data: bytes) -> bool:
    """Upload check, then the worker's decoder: what the first lets in, the second opens or refuses."""
    try:
        verify(data, SMALL)
        photo = codec.decode(data, SMALL)
    except PipelineError:
        return False
    height, width = photo.rgb.shape[:2]
    assert photo.rgb.dtype == np.uint8 and photo.rgb.shape[2] == 3
    assert width * height <= SMALL.max_pixels and max(width, height) <= SMALL.max_side
    return True


def recipe(data: bytes) -> bool:
    """Options as a form has them. What is accepted is its own canonical string, read back."""
    try:
        found = Recipe.parse(_options(data))
    except PipelineError:
        return False
    again = Recipe.from_canonical(found.canonical())
    assert again == found and again.canonical() == found.canonical()
    return True


def canonical(data: bytes) -> bool:
    """A stored string that somebody changed."""
    try:
        Recipe.from_canonical(data.decode(errors="replace"))
    except PipelineError:
        return False
    return True


def edit(data: bytes) -> bool:
    """A body with strokes, replayed on a small matte: it stays a matte."""
    try:
        found = strokes.parse(read_object(data).get("strokes"), CANVAS)
    except (Refused, strokes.StrokeError):
        return False
    alpha = np.linspace(0, 1, CANVAS[0] * CANVAS[1], dtype=np.float32).reshape(CANVAS[1], CANVAS[0])
    after = replay.replay(alpha, found)
    assert after.shape == alpha.shape and np.isfinite(after).all()
    assert after.min() >= 0 and after.max() <= 1
    return True


def archive(data: bytes) -> bool:
    """A ZIP of photos: its directory and every entry of it."""
    try:
        entries = batch_zip.opened(io.BytesIO(data))
    except Refused:
        return False
    for piece in batch_zip.pieces(entries):
        try:
            assert piece.read is not None
            piece.read()
        except Refused:
            continue
    return True


TARGETS: dict[str, Callable[[bytes], bool]] = {
    "picture": picture,
    "recipe": recipe,
    "canonical": canonical,
    "edit": edit,
    "archive": archive,
}


def seeds(target: str) -> list[bytes]:
    """Where a search begins: things that are right, which small changes make wrong in interesting ways."""
    return SEEDS[target]()


def _options(data: bytes) -> dict[str, str]:
    """Pairs by lines; the first byte of a line picks a field, so that most lines reach a rule."""
    names = [*sorted(RULES), "layout", "unknown"]
    lines = [line for line in data.split(b"\n")[:40] if line]
    return {names[line[0] % len(names)]: line[1:].decode(errors="replace") for line in lines}


def _pictures() -> list[bytes]:
    shades = np.add.outer(np.arange(24), np.arange(32)).astype(np.uint8) * 4
    image = Image.fromarray(np.dstack([shades, shades[::-1], shades]))
    found = []
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"):
        file = io.BytesIO()
        image.save(file, kind)
        found.append(file.getvalue())
    small = [path.read_bytes() for path in sorted(HOSTILE.glob("*")) if path.stat().st_size < 10_000]
    return [*found, *small]


def _recipes() -> list[bytes]:
    names = [*sorted(RULES), "layout"]
    values = [
        "1.5",
        "on",
        "png",
        "#abc",
        "0 0 50 50%",
        "gradient:90,#fff,#000",
        "blur:4",
        "800x600",
        "shop_square",
    ]
    return [bytes([at]) + value.encode() for at in range(len(names)) for value in values]


def _edits() -> list[bytes]:
    brush = b'{"tool":"erase","size":12,"hardness":0.5,"strength":1,"points":[[1,2],[30.5,20,0.4]]}'
    others = b'{"tool":"lasso","mode":"add","points":[[1,1],[30,1],[30,30]]},{"tool":"grow","px":-3}'
    return [b'{"strokes":[' + each + b"]}" for each in (b"", brush, others, brush + b"," + others)]


def _archives() -> list[bytes]:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a/b.png", _pictures()[0])
        made.writestr("../c.txt", zlib.compress(b"0" * 1000))
    return [file.getvalue()]


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "picture": _pictures,
    "recipe": _recipes,
    "canonical": lambda: [b"crop=1&feather=1.5&format=webp", b"background=%23fff", b"canvas=10x10"],
    "edit": _edits,
    "archive": _archives,
}
