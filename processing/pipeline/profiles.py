"""PNG without a colour profile too large to be one, which would make Pillow refuse the whole picture."""

import zlib

# Pillow inflates no more than this of a compressed chunk.
_MAX_INFLATED = 1_000_000


def without_bloated_profile(png: bytes) -> bytes:
    """Return `png` without its iCCP chunk when that does not inflate, or to more than 1 MB; else as it is.

    Walks only the chunk headers before the pixels: microseconds.
    """
    at = 8
    while at + 12 <= len(png):
        size, name = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        end = at + 12 + size
        if name == b"IDAT":
            break
        if name == b"iCCP" and _bloated(png[at + 8 : end - 4]):
            return png[:at] + png[end:]
        at = end
    return png


def _bloated(body: bytes) -> bool:
    # The name, a zero, the method, then the compressed profile.
    packed = body[body.find(b"\0") + 2 :]
    inflate = zlib.decompressobj()
    try:
        inflate.decompress(packed, _MAX_INFLATED)
    except zlib.error:
        return True
    return bool(inflate.unconsumed_tail)
