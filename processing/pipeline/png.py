"""PNG written for speed: one filter for every row, ISA-L's deflate on several cores, a few chunks of our own.

Against Pillow's level 6 it is some 18 times faster at 12 MP on one core for about 9 % more bytes.
"""

import struct
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .stripes import each, stripes

Planes = npt.NDArray[np.uint8 | np.uint16]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
_UP = 2
# Bytes that are filtered at once: they stay in the cache until they are deflated.
_BLOCK = 1 << 20
# Bytes that are deflated for themselves; what they lose by it is some hundred bytes each.
_SECTION = 1 << 22
_ZLIB_HEADER = b"\x78\x01"
_ADLER = 65521


class _Section(NamedTuple):
    """An IDAT chunk, and what its bytes were before they were deflated: their Adler-32 and their number."""

    chunk: bytes
    adler: int
    size: int


def write_png(pixels: Planes, dpi: tuple[float, float] | None = None, profile: bytes | None = None) -> bytes:
    """Return a PNG of H×W, H×W×3 or H×W×4, uint8 or uint16.

    Carries sRGB or the colour profile and, if given, the resolution; no other metadata exists that could leak.
    """
    planes = pixels.reshape(pixels.shape[0], pixels.shape[1], -1)
    height, width, channels = planes.shape
    header = struct.pack(
        ">IIBBBBB", width, height, planes.dtype.itemsize * 8, _COLOUR_TYPES[channels], 0, 0, 0
    )
    chunks = [_SIGNATURE, _chunk(b"IHDR", header)]
    if profile is not None:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    elif planes.dtype == np.uint8 or channels > 1:
        chunks.append(_chunk(b"sRGB", b"\x00"))
    if dpi is not None:
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1)))
    return b"".join([*chunks, *_data(planes), _chunk(b"IEND", b"")])


def _chunk(name: bytes, body: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(body)), name, body, struct.pack(">I", _crc(name, body))))


def _crc(name: bytes, body: bytes) -> int:
    return isal_zlib.crc32(body, isal_zlib.crc32(name))


def _data(planes: Planes) -> list[bytes]:
    """The IDAT chunks: one zlib stream, its sections made side by side."""
    sections = each(
        lambda rows: _section(planes, rows), stripes(len(planes), max(1, _SECTION // planes[0].nbytes))
    )
    adler = 1
    for section in sections:
        adler = _joined(adler, section.adler, section.size)
    # An empty last block of fixed codes ends the stream.
    end = b"\x03\x00" + struct.pack(">I", adler)
    return [
        _chunk(b"IDAT", _ZLIB_HEADER),
        *(section.chunk for section in sections),
        _chunk(b"IDAT", end),
    ]


def _section(planes: Planes, rows: slice) -> _Section:
    """Filter and deflate some rows so that any other section may follow."""
    deflate = isal_zlib.compressobj(level=1, wbits=-15)
    made, adler, size = [], 1, 0
    above = rows.start
    for part in stripes(rows.stop - above, max(1, _BLOCK // planes[0].nbytes)):
        block = _filtered(planes, above + part.start, above + part.stop)
        adler, size = isal_zlib.adler32(block, adler), size + block.nbytes
        made.append(deflate.compress(block))
    made.append(deflate.flush(isal_zlib.Z_SYNC_FLUSH))
    return _Section(_chunk(b"IDAT", b"".join(made)), adler, size)


def _filtered(planes: Planes, top: int, bottom: int) -> memoryview:
    """Return rows as the difference to the row above, modulo 256 per byte (PNG's filter Up)."""
    first = max(0, top - 1)
    rows = _octets(planes[first:bottom])
    out = np.empty((bottom - top, rows.shape[1] + 1), np.uint8)
    out[:, 0] = _UP
    if top == 0:
        out[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=out[1 if top == 0 else 0 :, 1:])
    return out.data


def _octets(rows: Planes) -> npt.NDArray[np.uint8]:
    """The bytes of each row, as PNG wants them."""
    ordered = np.ascontiguousarray(rows if rows.dtype == np.uint8 else rows.astype(">u2"))
    return ordered.view(np.uint8).reshape(len(rows), -1)


def _joined(first: int, second: int, size: int) -> int:
    """The Adler-32 of two runs of bytes behind each other, the second of `size` bytes, from that of each."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % _ADLER
    high = ((first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)) % _ADLER
    return high << 16 | low
