import subprocess
import sys
import warnings
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, Probe, probe, verify

from .pictures import chunk, gradient, png_header, saved

LIMITS = Limits()


def code_of(call, *args):
    with pytest.raises(PipelineError) as caught:
        call(*args)
    return caught.value.code, caught.value.facts


def test_it_works():
    assert probe(saved(gradient(), "PNG"), LIMITS) == Probe("PNG", "image/png", 48, 32, False)


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
    ],
)
def test_every_accepted_format_is_told_by_its_bytes(format, media_type):
    found = verify(saved(gradient(), format), LIMITS)
    assert (found.format, found.media_type, found.width, found.height) == (format, media_type, 48, 32)


def test_heic_of_a_phone_is_accepted():
    pillow_heif.register_heif_opener()
    found = verify(saved(gradient(64, 48), "HEIF"), LIMITS)
    assert (found.format, found.width, found.height) == ("HEIF", 64, 48)


@pytest.mark.parametrize(("orientation", "size"), [(1, (48, 32)), (6, (32, 48)), (99, (48, 32))])
def test_sizes_are_those_of_the_upright_picture(orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = probe(saved(gradient(), "JPEG", exif=exif), LIMITS)
    assert (found.width, found.height) == size


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_told(mode):
    assert probe(saved(Image.new(mode, (20, 20)), "PNG"), LIMITS).has_alpha


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- x --><svg width='1'></svg>", "an SVG drawing"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04 and more", "a ZIP archive"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "a video"),
        (b"\x1aE\xdf\xa3\x01\x00", "a video"),
        (b"hello, world", "plain text"),
        ("grüße".encode(), "plain text"),
        (b"push graphic-context\nviewbox 0 0 640 480", "plain text"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript file"),
        (b"8BPS\x00\x01", "a Photoshop document"),
        (b"MZ\x90\x00", "a Windows program"),
        (b"\x00\x01\x02\x03", "an unknown kind of file"),
        (b"x", "plain text"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(data, words):
    assert code_of(probe, data, LIMITS) == ("unsupported_format", {"looks_like": words})


def test_limits_come_before_decoding():
    assert code_of(probe, b"", LIMITS) == ("empty_file", {})
    data = saved(gradient(), "PNG")
    assert code_of(probe, data, Limits(max_bytes=len(data) - 1))[0] == "file_too_large"
    assert code_of(probe, data, Limits(max_pixels=48 * 32 - 1))[0] == "resolution_too_high"
    assert code_of(probe, data, Limits(max_side=47))[0] == "side_too_long"
    assert code_of(probe, data, Limits(min_side=33))[0] == "image_too_small"
    exact = Limits(max_bytes=len(data), max_pixels=48 * 32, max_side=48, min_side=32)
    assert probe(data, exact).width == 48


@pytest.mark.parametrize("size", [(30_000, 30_000), (65_536, 65_536), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_by_their_header(size):
    data = png_header(*size) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    code, facts = code_of(probe, data, LIMITS)
    assert code == "resolution_too_high"
    assert facts["megapixels"] == pytest.approx(size[0] * size[1] / 1e6)


def test_a_bomb_below_pillows_own_limit_is_refused_whatever_the_warning_filter():
    data = png_header(9400, 9400, 1, 0) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (
            code_of(probe, png_header(10_000, 10_000, 1, 0) + data[33:], LIMITS)[0] == "resolution_too_high"
        )
    code, facts = code_of(probe, data, LIMITS)
    assert (code, facts["width"]) == ("resolution_too_high", 9400)


def test_a_text_bomb_is_refused():
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 70_000_000, 9))
    good = saved(gradient(), "PNG")
    assert code_of(verify, good[:33] + bomb + good[33:], LIMITS)[0] == "unreadable_image"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_truncated_files_are_refused_at_upload(format, part):
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    data = saved(noise, format)
    assert code_of(verify, data[: int(len(data) * part)], LIMITS)[0] == "unreadable_image"


def test_a_broken_checksum_is_refused():
    data = bytearray(saved(np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8), "PNG"))
    data[len(data) // 2] ^= 255
    assert code_of(verify, bytes(data), LIMITS)[0] == "unreadable_image"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_garbage_after_the_picture_does_no_harm(format):
    data = saved(gradient(), format) + b"<script>" * 200
    assert verify(data, LIMITS).width == 48


def test_a_thousand_small_chunks_do_no_harm():
    good = saved(gradient(), "PNG")
    many = b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(1000))
    assert verify(good[:33] + many + good[33:], LIMITS).width == 48


def test_the_web_process_stays_light():
    names = "import sys, processing.pipeline.probe, processing.pipeline.recipe; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "django", "onnxruntime", "pillow_heif"} & set(done.stdout.split())
