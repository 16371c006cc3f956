"""Bytes <-> arrays. In: upright 8-bit sRGB. Out: clean files without a trace of EXIF, XMP or GPS."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from .arrays import Alpha, Rgb, Rgba
from .colour import SRGB, is_srgb, to_srgb
from .errors import PipelineError
from .png import write_png
from .probe import GREY_MODES, Limits, opened, orientation
from .rgb_spaces import Space, space_of

MEDIA_TYPES = {
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "avif": "image/avif",
    "tiff": "image/tiff",
}

# How an EXIF orientation is undone: (swap axes, flip rows, flip columns), in this order.
_UPRIGHT = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded source: upright, sRGB.

    `alpha` is the source's own transparency, None when it is opaque. Colour that the source hid under
    full transparency is gone (white). `dpi` is horizontal, vertical; None when unknown. `full` is the size of
    the source that this is a reduced copy of, None for the source itself. A source of another RGB space than sRGB
    has it in `space`, and its own numbers in `native` (H×W×3 as `rgb`).
    """

    rgb: Rgb
    alpha: Alpha | None = None
    dpi: tuple[float, float] | None = None
    full: tuple[int, int] | None = None
    native: Rgb | None = None
    space: Space | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    @property
    def reduction(self) -> float:
        """Px here for one px of the source, 0..1."""
        return max(self.size) / max(self.source_size)

    @property
    def source_size(self) -> tuple[int, int]:
        """Width and height of the source itself, which px in a recipe count in."""
        return self.full or self.size


def decode(data: bytes, limits: Limits, least: int = 0) -> Photo:
    """Decode the first frame of `data`. A 12 MP JPEG takes about 70 ms and 36 MB.

    With `least`, a JPEG may come as a reduced copy (`full` is then set) whose longer side is no less than this
    many px: a third of the time and a quarter of the memory, or still less.
    Raises PipelineError as `probe` does, and unreadable_image when the data ends or breaks midway.
    """
    with opened(data, limits) as image:
        part = _part(max(image.size), least)
        rgb, alpha, native, space = _quick_jpeg(data, image, part), None, None, None
        if rgb is None:
            image.load()
            rgb, alpha, native = to_srgb(image)
            space = None if native is None else space_of(image.info.get("icc_profile"))
        turn = orientation(image)
        whole = image.size[::-1] if turn >= 5 else image.size
        dpi = _dpi(image.info.get("dpi"), turned=turn >= 5)
    rgb, alpha = _upright(rgb, turn), None if alpha is None else _upright(alpha, turn)
    native = _upright(native, turn) if native is not None and space is not None else None
    if alpha is not None:
        rgb, native = _shown(rgb, alpha), None if native is None else _shown(native, alpha)
    return Photo(rgb, alpha, dpi, None if rgb.shape[1::-1] == whole else whole, native, space)


def _shown(rgb: Rgb, alpha: Alpha) -> Rgb:
    """White where nothing is to be seen."""
    return np.where((alpha > 0)[..., None], rgb, np.uint8(255))


def _part(side: int, least: int) -> int:
    """By how much a JPEG may be reduced while it is decoded: 1, 2, 4 or 8."""
    return next((part for part in (8, 4, 2) if least and side >= part * least), 1)


def _quick_jpeg(data: bytes, image: Image.Image, part: int) -> Rgb | None:
    """Decode an ordinary JPEG by simplejpeg: the same pixels in half of Pillow's time and memory.

    Returns None for whatever is not ordinary and for broken data, which Pillow then judges.
    """
    if image.format not in {"JPEG", "MPO"} or not is_srgb(image):
        return None
    height, width = -(-image.height // part), -(-image.width // part)
    try:
        pixels = simplejpeg.decode_jpeg(data, min_height=height, min_width=width)
    except (ValueError, MemoryError):
        return None
    return np.asarray(pixels, dtype=np.uint8) if pixels.shape == (height, width, 3) else None


def encode(
    pixels: Rgb | Rgba,
    format: str,
    *,
    quality: int = 90,
    dpi: tuple[float, float] | None = None,
    quick: bool = False,
    profile: bytes | None = None,
) -> bytes:
    """Encode H×W×3 or H×W×4 (straight alpha) uint8 as png, webp, jpg, avif or tiff, tagged as sRGB or by `profile`.

    `quality` 1..100 counts for webp, jpg and avif; webp at 100 is lossless. jpg cannot hold alpha:
    composite first (ValueError otherwise). Sizes of the written file equal those of the array.
    `quick`: a large webp may take up to twice the bytes for half the time.
    """
    if format == "png":
        return write_png(pixels, dpi, profile)
    if format == "jpg" and pixels.shape[2] != 3:
        raise ValueError("JPEG has no alpha: composite on a background first")
    options = dict(_OPTIONS[format](quality))
    if dpi is not None and format in {"jpg", "tiff"}:
        options["dpi"] = dpi
    if quick and format == "webp" and pixels.shape[0] * pixels.shape[1] > _QUICK_PIXELS:
        options["method"] = 0
    if profile is not None:
        options["icc_profile"] = profile
    elif format != "avif":  # which says it in its own header
        options["icc_profile"] = SRGB
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, _PILLOW_NAMES[format], **options)
    return target.getvalue()


# Smaller ones take no time worth saving.
_QUICK_PIXELS = 500_000

_PILLOW_NAMES = {"webp": "WEBP", "jpg": "JPEG", "avif": "AVIF", "tiff": "TIFF"}

_OPTIONS: dict[str, Callable[[int], dict[str, Any]]] = {
    # method 0 costs a fifth of method 4 for about 15 % more bytes.
    "webp": lambda quality: (
        {"lossless": True, "quality": 0, "method": 0} if quality == 100 else {"quality": quality, "method": 1}
    ),
    # Full colour resolution where the user asks for quality: chroma halves make edges bleed.
    "jpg": lambda quality: {"quality": quality, "subsampling": 0 if quality >= 90 else 2},
    "avif": lambda quality: {"quality": quality, "speed": 8},
    "tiff": lambda quality: {"compression": "tiff_adobe_deflate"},
}


def encode_alpha16(alpha: Alpha) -> bytes:
    """Store a matte as 16-bit grey PNG; an error of at most 1/131070 remains."""
    return write_png(np.rint(alpha * np.float32(65535)).astype(np.uint16))


def decode_alpha16(data: bytes) -> Alpha:
    """Read back what `encode_alpha16` wrote (8-bit grey is taken as well), H×W float32 in 0..1."""
    with opened(data, _MATTE_LIMITS) as image:
        levels = np.asarray(image)
    if levels.ndim != 2 or levels.dtype not in (np.uint8, np.uint16):
        raise PipelineError("unreadable_image", format="PNG")
    return levels.astype(np.float32) / np.float32(np.iinfo(levels.dtype).max)


def decode_grey(data: bytes) -> Alpha:
    """Read a grey picture of 1, 8 or 16 bits as H×W float32 in 0..1, upright. PipelineError unreadable_image when
    it is none."""
    with opened(data, _MATTE_LIMITS) as image:
        if image.mode not in GREY_MODES:
            raise PipelineError("unreadable_image", format=str(image.format))
        # A picture of one bit is True and False; 16 bits come as int32 from some files.
        levels = np.asarray(image.convert("L") if image.mode == "1" else image)
        turn = orientation(image)
    most = 255 if levels.dtype == np.uint8 else 65535
    return np.asarray(_upright(levels.astype(np.float32), turn) / np.float32(most), np.float32)


# Mattes are our own files: small ones are fine, and a full-size edit may be larger than an upload.
_MATTE_LIMITS = Limits(max_bytes=200_000_000, max_pixels=100_000_000, min_side=1, max_side=65_535)


def _upright(array: Any, turn: int) -> Any:
    if turn not in _UPRIGHT:
        return np.ascontiguousarray(array)
    swap, flip_rows, flip_columns = _UPRIGHT[turn]
    turned = np.swapaxes(array, 0, 1) if swap else array
    return np.ascontiguousarray(turned[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1])


def _dpi(value: object, turned: bool) -> tuple[float, float] | None:
    """Return a resolution that can be written again, or None for absent and absurd ones."""
    try:
        across, down = (float(part) for part in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(part) and 5 <= part <= 30_000 for part in (across, down)):
        return None
    return (down, across) if turned else (across, down)
