import io
import zlib

import numpy as np
import pytest
from PIL import Image

from processing.pipeline import stripes
from processing.pipeline.png import write_png


def chunks(data):
    at = 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size], "big") == zlib.crc32(
            data[at + 4 : at + 8 + size]
        )
        yield data[at + 4 : at + 8], body
        at += 12 + size


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (130, 70, 4), (64, 64, 3), (5, 9)])
def test_it_works(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with Image.open(io.BytesIO(write_png(pixels))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_sixteen_bits_are_big_endian():
    levels = np.array([[0, 1, 256], [65_535, 4660, 2]], np.uint16)
    with Image.open(io.BytesIO(write_png(levels))) as image:
        np.testing.assert_array_equal(np.asarray(image), levels)


def test_a_slice_of_a_larger_picture_is_written_as_itself():
    large = np.random.default_rng(0).integers(0, 256, (90, 90, 4), np.uint8)
    with Image.open(io.BytesIO(write_png(large[10:80, 20:50]))) as image:
        np.testing.assert_array_equal(np.asarray(image), large[10:80, 20:50])


def test_checksums_and_chunks_are_right():
    found = dict(chunks(write_png(np.zeros((4, 4, 4), np.uint8), dpi=(300, 72))))
    assert list(found) == [b"IHDR", b"sRGB", b"pHYs", b"IDAT", b"IEND"]
    assert found[b"pHYs"] == (11811).to_bytes(4, "big") + (2835).to_bytes(4, "big") + b"\1"


def test_clear_pixels_compress_to_nothing():
    assert len(write_png(np.zeros((1000, 1000, 4), np.uint8))) < 30_000


@pytest.mark.parametrize("shape", [(2100, 1000, 4), (700, 3000, 3)])
def test_a_large_picture_in_several_sections_is_one_stream(shape):
    pixels = np.random.default_rng(0).integers(0, 4, shape, np.uint8)
    with Image.open(io.BytesIO(write_png(pixels))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_the_bytes_do_not_depend_on_the_number_of_threads(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 4, (1500, 1000, 4), np.uint8)
    alone = write_png(pixels)
    monkeypatch.setattr(stripes, "_threads", lambda: 1)
    assert write_png(pixels) == alone
