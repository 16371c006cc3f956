"""Headers of an upload, read before anything is decoded. Pillow only: the web process imports this.

Pillow's own bomb guard (`Image.MAX_IMAGE_PIXELS`) is left as it is, as a second wall for every other caller
in the process; ours is stricter and comes first wherever a header can be read. No warning filter is touched,
because filters are shared by all threads.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from .errors import PipelineError
from .profiles import without_bloated_profile
from .sniff import sniff

# Importing a plugin registers it; the other forty stay unimported and thus unreachable.
PLUGINS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "HEIF": "image/heif",
}

# Pillow's names for grey of 1, 8 and 16 bits without transparency.
GREY_MODES = frozenset({"1", "L", "I;16", "I;16L", "I;16B", "I"})

ORIENTATION = 0x0112
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
_PIXELS = re.compile(r"\((\d+) pixels\)")


@dataclass(frozen=True)
class Limits:
    """What is refused before decoding. Sides in pixels, `max_bytes` in bytes."""

    max_bytes: int = 22_000_000
    max_pixels: int = 50_000_000
    min_side: int = 16
    max_side: int = 16_384


@dataclass(frozen=True)
class Probe:
    """What the header says; `width` and `height` are those of the upright picture."""

    format: str
    media_type: str
    width: int
    height: int
    has_alpha: bool


def probe(data: bytes, limits: Limits) -> Probe:
    """Read the headers of `data` and check every limit; nothing is decoded (well under 1 ms).

    Raises PipelineError: empty_file, file_too_large, unsupported_format, unreadable_image,
    image_too_small, resolution_too_high, side_too_long.
    """
    with opened(data, limits) as image:
        return _describe(image)


def verify(data: bytes, limits: Limits) -> Probe:
    """As `probe`, and prove that the first frame decodes to its end.

    JPEG decodes at an eighth of its size, so 12 MP cost about 30 ms; other formats decode in full.
    """
    found = probe(data, limits)
    if found.format != "JPEG":
        return _loaded(data, limits, reduced=False)
    try:
        _loaded(data, limits, reduced=True)
    except PipelineError:
        # Lossless JPEG knows no reduced size, so this failure is not yet the answer.
        _loaded(data, limits, reduced=False)
    return found


def _loaded(data: bytes, limits: Limits, reduced: bool) -> Probe:
    with opened(data, limits) as image:
        if reduced:
            image.draft(image.mode, (image.width // 8, image.height // 8))
        image.load()
        # After loading, because a PNG may carry its orientation behind the pixels.
        return _describe(image)


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[Image.Image]:
    """Yield the unloaded picture within `limits`; whatever a decoder raises becomes unreadable_image."""
    _check_bytes(len(data), limits)
    name = sniff(data)
    if name == "HEIF":
        _register_heif()
    if name == "PNG":
        data = without_bloated_profile(data)
    try:
        with Image.open(io.BytesIO(data), formats=(name,)) as image:
            _check_size(image.width, image.height, limits)
            yield image
    except PipelineError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(error, limits) from error
    except Exception as error:
        # Decoders raise nearly anything on bad data: OSError, SyntaxError, ValueError, struct.error …
        raise PipelineError("unreadable_image", format=name) from error


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation 1..8; anything else, or an EXIF that cannot be parsed, counts as 1."""
    try:
        # The base class's reader: PNG's own would decode the picture in search of late chunks.
        value = Image.Image.getexif(image).get(ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def has_alpha(image: Image.Image) -> bool:
    """Tell whether the file carries transparency, as a channel or as a transparent colour."""
    return image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info


def _describe(image: Image.Image) -> Probe:
    name = "JPEG" if image.format == "MPO" else str(image.format)
    width, height = image.size
    if orientation(image) in _QUARTER_TURNS:
        width, height = height, width
    return Probe(name, _MEDIA_TYPES[name], width, height, has_alpha(image))


def _register_heif() -> None:
    # Imported here: 30 ms and a large library that most processes never need.
    import pillow_heif

    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener(thumbnails=False)


def _check_bytes(size: int, limits: Limits) -> None:
    if size == 0:
        raise PipelineError("empty_file")
    if size > limits.max_bytes:
        raise PipelineError("file_too_large", bytes=size, max_bytes=limits.max_bytes)


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise PipelineError(
            "resolution_too_high",
            width=width,
            height=height,
            megapixels=width * height / 1e6,
            max_megapixels=limits.max_pixels / 1e6,
        )
    if max(width, height) > limits.max_side:
        raise PipelineError("side_too_long", width=width, height=height, max_side=limits.max_side)
    if min(width, height) < limits.min_side:
        raise PipelineError("image_too_small", width=width, height=height, min_side=limits.min_side)


def _too_many_pixels(error: Exception, limits: Limits) -> PipelineError:
    found = _PIXELS.search(str(error))
    megapixels = int(found[1]) / 1e6 if found else None
    return PipelineError("resolution_too_high", megapixels=megapixels, max_megapixels=limits.max_pixels / 1e6)
