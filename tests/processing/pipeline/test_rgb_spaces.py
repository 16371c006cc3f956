"""Sources in Display P3 or Adobe RGB: their numbers and profile are kept, what is added is brought there. 3 s."""

import hashlib
import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms

from processing.pipeline.codec import Photo, decode
from processing.pipeline.colour import SRGB
from processing.pipeline.export import MEDIA_TYPES
from processing.pipeline.probe import Limits
from processing.pipeline.proxy import reduced
from processing.pipeline.recipe import Recipe
from processing.pipeline.rgb_spaces import space_of
from processing.pipeline.run import Rendition, finish, refine

from .pictures import ADOBE_RGB, DISPLAY_P3, blended, disc, rgb_profile, saved

SPACES = {"Display P3": rgb_profile(*DISPLAY_P3), "Adobe RGB": rgb_profile(*ADOBE_RGB)}
P3 = SPACES["Display P3"]
ALPHA = disc(120, 40, 8)
NATIVE = blended(ALPHA, (230, 60, 40), (40, 200, 60))
EXACT = {"png": {}, "webp": {"quality": 100}, "tiff": {}}
LOSSY = {"jpg": {"quality": 98}, "avif": {"quality": 98}, "webp": {"quality": 98}}


def photo(profile: bytes = P3, native: np.ndarray = NATIVE, kind: str = "PNG") -> Photo:
    return decode(saved(native, kind, icc_profile=profile), Limits())


def opened(made: Rendition) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


def in_srgb(image: Image.Image) -> np.ndarray:
    """As a viewer shows it."""
    own, there = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (image.info["icc_profile"], SRGB))
    shown = ImageCms.profileToProfile(image.convert("RGB"), own, there, ImageCms.Intent.RELATIVE_COLORIMETRIC)
    assert shown is not None
    return np.asarray(shown).astype(int)


@pytest.mark.parametrize("profile", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("format", EXACT)
def test_numbers_and_profile_of_the_source_come_back(format: str, profile: bytes) -> None:
    image = opened(finish(photo(profile), ALPHA, Recipe(format=format, **EXACT[format])))  # type: ignore[arg-type]
    assert image.info["icc_profile"] == profile
    inside = ALPHA == 1
    assert (np.asarray(image.convert("RGBA"))[inside][:, :3] == NATIVE[inside]).all()


@pytest.mark.parametrize("format", LOSSY)
def test_lossy_files_carry_the_profile_too(format: str) -> None:
    made = finish(photo(), np.ones_like(ALPHA), Recipe(format=format, channels="source", quality=98))
    image = opened(made)
    assert image.info["icc_profile"] == P3
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - NATIVE).mean() < 3


def test_sixteen_bits_and_the_archive_carry_it() -> None:
    deep = finish(photo(), ALPHA, Recipe(format="png", depth="16"))
    assert opened(deep).info["icc_profile"] == P3 and b"sRGB" not in deep.data[:100]
    archive = zipfile.ZipFile(io.BytesIO(finish(photo(), ALPHA, Recipe(format="zip")).data))
    assert Image.open(archive.open("color.jpg")).info["icc_profile"] == P3
    assert "icc_profile" not in Image.open(archive.open("alpha.png")).info


def test_a_matte_has_no_colours_and_layers_are_srgb() -> None:
    assert "icc_profile" not in opened(finish(photo(), ALPHA, Recipe(channels="alpha"))).info
    layers = zipfile.ZipFile(io.BytesIO(finish(photo(), ALPHA, Recipe(format="ora")).data))
    front = np.asarray(Image.open(layers.open("data/layer0.png")))
    assert (front[60, 60, :3] == photo().rgb[60, 60]).all() and (front[60, 60, :3] != NATIVE[60, 60]).any()


@pytest.mark.parametrize("background", ["#3264c8", "gradient:90,#3264c8,#3264c8", "image:" + "0" * 64])
def test_a_background_is_the_colour_that_was_asked_for(background: str) -> None:
    plain = Photo(np.full((120, 120, 3), (0x32, 0x64, 0xC8), np.uint8))
    image = opened(finish(photo(), ALPHA, Recipe(background=background, format="png"), lambda _: plain))
    assert image.info["icc_profile"] == P3
    assert (np.asarray(image)[0, 0] != (0x32, 0x64, 0xC8)).any(), "its numbers are others in P3"
    assert np.abs(in_srgb(image)[0, 0] - (0x32, 0x64, 0xC8)).max() <= 2


def test_white_stays_white_and_shadows_are_of_their_colour() -> None:
    image = opened(finish(photo(), ALPHA, Recipe(background="#ffffff", format="png")))
    assert np.asarray(image)[0, 0].tolist() == [255, 255, 255]
    recipe = Recipe(background="#ffffff", shadow="drop", shadow_color="#3264c8", shadow_opacity=100)
    shown = in_srgb(opened(finish(photo(), ALPHA, recipe.replace(shadow_offset="30 30", format="png"))))
    assert np.abs(shown[105, 105] - (0x32, 0x64, 0xC8)).max() <= 12


def test_a_blurred_photo_behind_keeps_its_own_numbers() -> None:
    image = opened(finish(photo(), ALPHA, Recipe(background="blur:2", format="png")))
    assert np.abs(np.asarray(image)[2, 2].astype(int) - NATIVE[2, 2]).max() <= 2


def test_what_is_shown_is_the_same_in_both() -> None:
    kept, plain = (
        opened(finish(photo(), ALPHA, Recipe(format="png", background="#808080", profile=word)))
        for word in ("keep", "srgb")
    )
    assert plain.info.get("icc_profile") is None
    assert np.abs(in_srgb(kept) - np.asarray(plain)).mean() < 1.5


def test_nets_see_srgb() -> None:
    assert (
        np.abs(
            photo().rgb[60, 60].astype(int)
            - in_srgb(Image.open(io.BytesIO(saved(NATIVE, "PNG", icc_profile=P3))))[60, 60]
        ).max()
        <= 1
    )
    assert (refine(photo(), ALPHA, Recipe()) == refine(Photo(photo().rgb), ALPHA, Recipe())).all()


def test_copies_and_turned_pictures_keep_it() -> None:
    small = reduced(photo(), 60)
    assert small.native is not None and small.native.shape == small.rgb.shape == (60, 60, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    native = np.zeros((40, 60, 3), np.uint8)
    native[:, :20] = (250, 30, 30)
    turned = decode(saved(native, "JPEG", icc_profile=P3, exif=exif, quality=95), Limits())
    assert turned.native is not None and turned.native.shape == turned.rgb.shape == (60, 40, 3)
    assert turned.native[5, 20, 0] > 240 and turned.native[50, 20, 0] < 10


def _cmyk() -> bytes:
    return saved(Image.new("CMYK", (40, 40), (10, 200, 30, 0)), "TIFF")


def _grey() -> bytes:
    return saved(Image.new("L", (40, 40), 90), "PNG")


def _lab() -> bytes:
    return saved(Image.new("LAB", (40, 40), (120, 150, 90)), "TIFF")


@pytest.mark.parametrize("data", [_cmyk, _grey, _lab, lambda: saved(NATIVE, "PNG", icc_profile=SRGB)])
def test_everything_else_becomes_srgb(data: Callable[[], bytes]) -> None:
    found = decode(data(), Limits())
    assert found.native is None and found.space is None
    made = finish(found, np.ones(found.rgb.shape[:2], np.float32), Recipe(format="jpg", channels="source"))
    assert opened(made).info["icc_profile"] == SRGB


@pytest.mark.parametrize(
    "profile", [None, b"", b"x" * 300, P3[:200], P3[:128] + bytes(len(P3) - 128), P3 + bytes(700_000)]
)
def test_what_is_no_profile_is_no_space(profile: bytes | None) -> None:
    assert space_of(profile) is None


@pytest.mark.parametrize("format", sorted({*EXACT, *LOSSY, "zip"}))
def test_the_same_inputs_give_the_same_bytes(format: str) -> None:
    one, two = (finish(photo(), ALPHA, Recipe(format=format, background="#123456")).data for _ in range(2))
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()
    assert format in MEDIA_TYPES
