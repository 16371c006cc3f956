"""What a file is, told by its first bytes. Names and declared types are never looked at."""

import re

from .errors import PipelineError

# ISO media brands of still pictures; everything else in such a box is a video or audio file.
_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_ACCEPTED = (
    (b"\xff\xd8", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)

# (offset, bytes, what to call it), the first match wins.
_REFUSED = (
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"\x00\x00\x01\x00", "an icon (ICO)"),
    (0, b"\x00\x00\x02\x00", "a cursor (CUR)"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"SIMPLE  =", "a FITS picture"),
    (0, b"\xd7\xcd\xc6\x9a", "a WMF drawing"),
    (0, b"qoif", "a QOI picture"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"\x00\x00\x01\xba", "a video"),
    (0, b"FLV", "a video"),
    (4, b"ftyp", "a video"),
    (4, b"moov", "a video"),
    (8, b"AVI ", "a video"),
    (8, b"WAVE", "a sound file"),
    (0, b"ID3", "a sound file"),
    (0, b"OggS", "a sound or video file"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a program"),
)

_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body|script)", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(data: bytes) -> str:
    """Return Pillow's name of the accepted format that `data` starts as.

    Raises PipelineError unsupported_format with facts["looks_like"] for anything else.
    """
    found = next((name for magic, name in _ACCEPTED if data.startswith(magic)), None) or _boxed(data)
    if found is None:
        raise PipelineError("unsupported_format", looks_like=looks_like(data))
    return found


def _boxed(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}
    if brands & _AVIF:
        return "AVIF"
    return "HEIF" if brands & _HEIF else None


def looks_like(data: bytes) -> str:
    """Name a refused file in words that fit "it looks like …"."""
    for offset, magic, name in _REFUSED:
        if data.startswith(magic, offset):
            return name
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(head):
        return "a web page"
    if _SVG.search(head):
        return "an SVG drawing"
    if _CONTROL.search(head):
        return "an unknown kind of file"
    return "an XML file" if head.lstrip().startswith(b"<?xml") else _text(head)


def _text(head: bytes) -> str:
    try:
        # The cut at 4096 bytes may have split a character.
        head[:-4].decode() if len(head) > 4000 else head.decode()
    except UnicodeDecodeError:
        return "an unknown kind of file"
    return "plain text"
