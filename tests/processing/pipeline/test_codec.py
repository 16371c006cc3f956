import io

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from processing.pipeline.codec import MEDIA_TYPES, decode, decode_alpha16, encode, encode_alpha16
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits

from .pictures import chunk, gradient, png_header, saved

LIMITS = Limits()
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def near(left, right, tolerance):
    assert left.shape == right.shape
    assert np.abs(left.astype(int) - right.astype(int)).max() <= tolerance


def test_it_works():
    photo = decode(saved(gradient(), "PNG", dpi=(300, 150)), LIMITS)
    np.testing.assert_array_equal(photo.rgb, gradient())
    assert photo.alpha is None
    assert photo.size == (48, 32)
    assert photo.dpi == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "TIFF", "BMP"])
def test_other_formats_give_the_same_picture(format):
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    if format in {"WEBP", "AVIF"}:
        options = {"quality": 95}
    near(decode(saved(gradient(), format, **options), LIMITS).rgb, gradient(), 12)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_every_orientation_ends_upright(orientation, format):
    stored = Image.fromarray(gradient(64, 48))
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
            6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}  # fmt: skip
    if orientation in undo:
        stored = stored.transpose(Image.Transpose[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    near(decode(saved(stored, format, exif=exif), LIMITS).rgb, gradient(64, 48), 12)


def test_a_turned_picture_turns_its_alpha_and_resolution():
    stored = Image.new("RGBA", (20, 30), (9, 9, 9, 255))
    stored.putpixel((0, 0), (9, 9, 9, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = decode(saved(stored, "PNG", exif=exif, dpi=(300, 100)), LIMITS)
    assert photo.alpha is not None
    assert photo.alpha.shape == (20, 30)
    assert photo.alpha[0, 29] == 0
    assert photo.dpi == pytest.approx((100, 300), abs=0.1)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 200, [200, 200, 200]),
        ("1", 1, [255, 255, 255]),
        ("CMYK", (0, 0, 0, 0), [255, 255, 255]),
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
        ("RGBA", (200, 0, 0, 255), [200, 0, 0]),
        ("LA", (200, 255), [200, 200, 200]),
    ],
)
def test_modes_become_rgb(mode, colour, expected):
    data = saved(Image.new(mode, (20, 20), colour), "TIFF" if mode == "CMYK" else "PNG")
    photo = decode(data, LIMITS)
    assert photo.rgb[5, 5].tolist() == expected
    assert photo.alpha is None


def test_palettes_become_rgb():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([200, 100, 50])
    assert decode(saved(image, "PNG"), LIMITS).rgb[5, 5].tolist() == [200, 100, 50]


@pytest.mark.parametrize("level", [0, 1, 128 * 257, 40_000, 65_535])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(level, format):
    deep = np.full((20, 20), level, np.uint16)
    assert abs(int(decode(saved(deep, format), LIMITS).rgb[3, 3, 0]) - level / 257) <= 0.5


def test_float_pictures_are_scaled_and_holes_are_black():
    deep = np.full((20, 20), 0.5, np.float32)
    deep[0, 0] = np.nan
    rgb = decode(saved(deep, "TIFF"), LIMITS).rgb
    assert (rgb[3, 3, 0], rgb[0, 0, 0]) == (128, 0)


def test_transparency_is_kept_and_hidden_colour_is_gone():
    pixels = np.full((20, 20, 4), (10, 20, 30, 255), np.uint8)
    pixels[0, 0, 3], pixels[0, 1, 3] = 0, 51
    photo = decode(saved(pixels, "PNG"), LIMITS)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha[0, :3], [0, 0.2, 1], atol=1e-6)
    assert photo.rgb[0, :2].tolist() == [[255, 255, 255], [10, 20, 30]]


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_transparent_colour_counts_as_transparency(mode):
    image = (
        Image.fromarray(gradient()).quantize(8) if mode == "P" else Image.fromarray(gradient()).convert(mode)
    )
    corner = image.getpixel((0, 0))
    photo = decode(saved(image, "PNG", transparency=corner), LIMITS)
    assert photo.alpha is not None
    assert (photo.alpha[0, 0], photo.alpha[-1, -1]) == (0, 1)


def test_sixteen_bit_grey_knows_its_transparent_level():
    deep = np.full((20, 20), 40_000, np.uint16)
    deep[0, 0] = 5
    data = saved(deep, "PNG")
    photo = decode(data[:33] + chunk(b"tRNS", b"\x00\x05") + data[33:], LIMITS)
    assert photo.alpha is not None
    assert (photo.alpha[0, 0], photo.alpha[1, 1]) == (0, 1)


def display_p3():
    """A profile with other primaries: sRGB's own with its red and green columns exchanged."""
    profile = bytearray(SRGB)
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
    red, green = (bytes(profile[tags[name] + 4 : tags[name] + 12]) for name in (b"rXYZ", b"gXYZ"))
    profile[tags[b"rXYZ"] + 4 : tags[b"rXYZ"] + 12], profile[tags[b"gXYZ"] + 4 : tags[b"gXYZ"] + 12] = (
        green,
        red,
    )
    return bytes(profile)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_an_embedded_profile_is_applied(format):
    pixels = np.full((20, 20, 3), (200, 50, 100), np.uint8)
    options = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    rgb = decode(saved(pixels, format, icc_profile=display_p3(), **options), LIMITS).rgb
    near(rgb, np.full((20, 20, 3), (50, 200, 100), np.uint8), 3)


@pytest.mark.parametrize("profile", [SRGB, b"broken" * 40, b"x" * 5_000_000, SRGB[:200]])
def test_srgb_and_broken_and_huge_profiles_change_nothing(profile):
    near(decode(saved(gradient(), "PNG", icc_profile=profile), LIMITS).rgb, gradient(), 0)


def test_a_grey_profile_on_a_colour_picture_is_dropped():
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    near(decode(saved(gradient(), "PNG", icc_profile=grey), LIMITS).rgb, gradient(), 0)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_many_frames_the_first_counts(format):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("#ff0000", "#00ff00", "#0000ff")]
    data = saved(
        frames[0],
        format,
        save_all=True,
        append_images=frames[1:],
        **{"lossless": True} if format == "WEBP" else {},
    )
    assert decode(data, LIMITS).rgb[5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_truncated_files_are_never_half_a_picture(format, part):
    data = saved(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8), format)
    with pytest.raises(PipelineError) as caught:
        decode(data[: int(len(data) * part)], LIMITS)
    assert caught.value.code == "unreadable_image"


def test_a_header_without_pixels_is_unreadable():
    with pytest.raises(PipelineError) as caught:
        decode(png_header(100, 100) + chunk(b"IEND", b""), LIMITS)
    assert caught.value.code == "unreadable_image"


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 72), (1e9, 1e9), None, "x", (72,)])
def test_absurd_resolutions_are_forgotten(dpi):
    from processing.pipeline.codec import _dpi

    assert _dpi(dpi, turned=False) is None


RGBA = np.dstack([gradient(), np.tile(np.arange(48, dtype=np.uint8) * 5, (32, 1))])


@pytest.mark.parametrize("pixels", [gradient(), RGBA])
@pytest.mark.parametrize(("format", "quality"), [("png", 90), ("webp", 100), ("tiff", 90)])
def test_lossless_formats_come_back_exactly(pixels, format, quality):
    with Image.open(io.BytesIO(encode(pixels, format, quality=quality, dpi=(300, 300)))) as image:
        assert image.get_format_mimetype() == MEDIA_TYPES[format]
        back = np.asarray(image)
    np.testing.assert_array_equal(back[back[..., -1] > 0] if pixels.shape[2] == 4 else back,
                                  pixels[pixels[..., -1] > 0] if pixels.shape[2] == 4 else pixels)  # fmt: skip


@pytest.mark.parametrize("format", ["webp", "jpg", "avif"])
def test_lossy_formats_come_near_and_shrink_with_quality(format):
    noise = np.random.default_rng(0).integers(-20, 20, (96, 128, 3))
    noisy = np.asarray(np.clip(gradient(128, 96).astype(int) + noise, 0, 255), np.uint8)
    good, bad = encode(noisy, format, quality=95), encode(noisy, format, quality=20)
    assert len(bad) < len(good)
    assert np.abs(decode(good, LIMITS).rgb.astype(int) - noisy).mean() < 8


def test_jpeg_takes_no_alpha():
    with pytest.raises(ValueError, match="no alpha"):
        encode(RGBA, "jpg")


@pytest.mark.parametrize("format", list(MEDIA_TYPES))
def test_no_metadata_of_the_source_gets_out(format):
    exif, text = Image.Exif(), PngImagePlugin.PngInfo()
    exif[0x010F] = "SECRETMAKER"
    exif.get_ifd(0x8825)[1] = "N"
    text.add_text("Comment", "SECRETMAKER")
    photo = decode(saved(gradient(), "PNG", exif=exif, pnginfo=text, dpi=(300, 300)), LIMITS)
    data = encode(photo.rgb, format, dpi=photo.dpi)
    assert b"SECRETMAKER" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert "exif" not in image.info
        assert not image.getexif().get_ifd(0x8825)
        if format in {"png", "jpg", "tiff"}:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)


@pytest.mark.parametrize("shape", [(1, 1), (63, 7), (64, 5), (65, 3), (200, 150)])
def test_mattes_survive_storage(shape):
    alpha = np.random.default_rng(2).random(shape, np.float32)
    alpha.flat[0] = 1
    back = decode_alpha16(encode_alpha16(alpha))
    assert back.dtype == np.float32
    assert np.abs(back - alpha).max() <= 1 / 131_000
    assert back.flat[0] == 1


def test_a_matte_must_be_grey():
    with pytest.raises(PipelineError):
        decode_alpha16(saved(gradient(), "PNG"))
