"""Files of the catalogue that no other test makes: formats, frames, scans, sizes at the limit, broken bitstreams."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processing.pipeline.codec import decode
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, probe, verify
from tests.processing.pipeline.pictures import chunk, gradient, png_header, saved

LIMITS = Limits()


def code_of(data: bytes) -> str:
    """Of the refusal, "" when it is taken."""
    try:
        verify(data, LIMITS)
        decode(data, LIMITS)
    except PipelineError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("size", "code"),
    [((8160, 6250), "resolution_too_high"), ((10_000, 5000), ""), ((5000, 10_001), "resolution_too_high")],
)
def test_megapixels_at_the_limit(size: tuple[int, int], code: str) -> None:
    data = saved(Image.new("1", size), "PNG")
    try:
        found = probe(data, LIMITS)
        assert (code, (found.width, found.height)) == ("", size)
    except PipelineError as error:
        assert error.code == code


@pytest.mark.parametrize("width", [0, 100])
@pytest.mark.parametrize("height", [0, 100])
def test_a_side_of_nothing(width: int, height: int) -> None:
    png = png_header(width, height) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    gif = b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"
    for data in (png, gif):
        assert code_of(data) in {"unreadable_image", "image_too_small"}


UNWANTED = {
    "EPS": lambda: saved(gradient(), "EPS"),
    "EPS that would read a file": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd)(r)file",
    "EPS behind a DOS head": lambda: b"\xc5\xd0\xd3\xc6" + bytes(26) + saved(gradient(), "EPS"),
    "PDF": lambda: saved(gradient(), "PDF"),
    "ICO": lambda: saved(gradient(), "ICO"),
    "JPEG 2000": lambda: saved(gradient(), "JPEG2000"),
    "DDS": lambda: saved(gradient(), "DDS"),
    "PCX": lambda: saved(gradient(), "PCX"),
    "PPM": lambda: saved(gradient(), "PPM"),
    "TGA": lambda: saved(gradient(), "TGA"),
    "SGI": lambda: saved(gradient(), "SGI"),
    "FITS": lambda: b"SIMPLE  =                    T".ljust(2880) + bytes(2880),
    "WMF": lambda: b"\xd7\xcd\xc6\x9a\x00\x00" + struct.pack("<4hH", 0, 0, 99, 99, 96) + bytes(100),
    "EMF": lambda: b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(100),
    "a tar": lambda: b"photo.png".ljust(257, b"\0") + b"ustar\0" + bytes(300),
    "a program": lambda: b"\x7fELF\x02\x01\x01" + bytes(100),
    "MVG": lambda: b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/x)'\npop graphic-context",
    "MSL": lambda: b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>',
    "SVG with a script": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "SVG in UTF-16": lambda: "<svg xmlns='http://www.w3.org/2000/svg'/>".encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNWANTED)
def test_formats_that_nobody_takes_are_told_by_their_bytes(kind: str, monkeypatch: Any) -> None:
    """And no program is started for them: Pillow would call Ghostscript."""

    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a program was started: {args}")

    data = UNWANTED[kind]()
    for name in ("Popen", "run", "call", "check_call"):
        monkeypatch.setattr(subprocess, name, never)
    assert code_of(data) == "unsupported_format"


def test_ten_thousand_frames_cost_no_more_than_one() -> None:
    one = saved(Image.fromarray(gradient()).quantize(8), "GIF")
    start = one.index(b",", 13 + 3 * 2 ** ((one[10] & 7) + 1))  # behind the palette, where the frame begins
    many = one[:start] + one[start:-1] * 10_000 + b";"
    begun = time.process_time()
    assert code_of(many) == ""
    assert time.process_time() - begun < 2


def test_a_thousand_scans() -> None:
    """Each scan of a progressive JPEG goes over the whole picture again."""
    data = saved(gradient(400, 300), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    many = data[:last] + data[last:-2] * 1000 + data[-2:]
    begun = time.process_time()
    assert code_of(many) in {"", "unreadable_image"}
    assert time.process_time() - begun < 15


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_whose_bits_are_wrong(lossless: bool) -> None:
    """Tables of Huffman codes among them (as in CVE-2023-4863): refused or shown, and the process lives on."""
    noise = np.random.default_rng(5).integers(0, 256, (48, 48, 3), np.uint8)
    good = saved(noise, "WEBP", lossless=lossless)
    assert code_of(good) == ""
    chance, refused = random.Random(4863), 0
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(chance.choice([1, 4, 40])):
            bad[chance.randrange(20, min(len(bad), 400))] = chance.randrange(256)
        refused += code_of(bytes(bad)) == "unreadable_image"
    assert refused > 0


def test_a_jpeg_that_is_an_archive_too() -> None:
    """What comes behind or inside of it does not come out."""
    photo = saved(gradient(), "JPEG", comment=b"<script>alert(1)</script><?php evil ?>")
    data = photo + b"PK\x03\x04META-INF/MANIFEST.MF" + b"PK\x05\x06" + bytes(18)
    assert code_of(data) == ""
    again = io.BytesIO()
    Image.fromarray(decode(data, LIMITS).rgb).save(again, "JPEG")
    assert b"PK\x03\x04" not in again.getvalue() and b"<script" not in again.getvalue()
