import io

import numpy as np
import pytest
from PIL import Image

from processing.pipeline.codec import Photo
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import cutout, look, refine, render
from processing.pipeline.scale import resize_alpha

from .pictures import blended, disc, gradient, saved

TRUTH = disc(240, 60, 2)
PICTURE = blended(TRUTH, (220, 60, 40), (30, 90, 200))


def sees_red(rgb):
    """A net that finds the disc by its colour, at 32 px as nets do."""
    small = np.asarray(Image.fromarray(rgb).resize((32, 32)), np.float32)
    return np.clip((small[..., 0] - 30) / 190, 0, 1).astype(np.float32)


def opened(rendition):
    return Image.open(io.BytesIO(rendition.data))


def test_it_works():
    made = cutout(saved(PICTURE, "PNG"), sees_red, Recipe(), Limits())
    assert (made.media_type, made.width, made.height) == ("image/png", 240, 240)
    pixels = np.asarray(opened(made))
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert pixels[120, 120].tolist() == [220, 60, 40, 255]
    assert np.abs(pixels[..., 3] / 255 - TRUTH).mean() < 0.01
    assert abs(made.box.left - 60) <= 3 and abs(made.box.width - 120) <= 6


def test_the_same_inputs_give_the_same_bytes():
    data = saved(PICTURE, "PNG")
    assert cutout(data, sees_red, Recipe(), Limits()).data == cutout(data, sees_red, Recipe(), Limits()).data


def test_the_sources_own_transparency_is_kept_or_made_opaque():
    own = np.ones(TRUTH.shape, np.float32)
    own[:, 120:], own[110:130, 150:160] = 0.5, 0
    photo = Photo(PICTURE, own)
    found = {how: refine(photo, TRUTH, Recipe(source_alpha=how)) for how in ("keep", "opaque")}
    np.testing.assert_allclose(found["keep"][120, [90, 140, 155]], [1, 0.5, 0], atol=0.01)
    np.testing.assert_allclose(found["opaque"][120, [90, 140, 155]], [1, 1, 0], atol=0.01)
    made = render(photo, TRUTH, Recipe(source_alpha="opaque", channels="source"))
    assert np.asarray(opened(made))[120, [90, 140, 155], 3].tolist() == [255, 255, 0]
    opaque = Photo(PICTURE)
    assert np.array_equal(
        refine(opaque, TRUTH, Recipe(source_alpha="opaque")), refine(opaque, TRUTH, Recipe())
    )


def test_edges_carry_no_background_colour():
    pixels = np.asarray(opened(cutout(saved(PICTURE, "PNG"), sees_red, Recipe(), Limits())))
    soft = (pixels[..., 3] > 40) & (pixels[..., 3] < 215)
    assert soft.any()
    assert pixels[soft][:, 2].mean() < 75  # blue: 40 in front, 200 behind


@pytest.mark.parametrize("picture", [np.full((60, 80, 3), 255, np.uint8), np.zeros((60, 80, 3), np.uint8)])
def test_a_flat_picture_has_no_foreground_even_for_a_net_that_sees_things(picture):
    with pytest.raises(PipelineError) as caught:
        look(picture, lambda rgb: disc(32), "1")
    assert caught.value.code == "unknown_foreground"


@pytest.mark.parametrize("level", [0.0, 0.01, 0.2, float("nan")])
@pytest.mark.parametrize("looks", ["1", "2", "4"])
def test_a_faint_answer_is_no_answer(level, looks):
    with pytest.raises(PipelineError) as caught:
        look(gradient(), lambda rgb: np.full((32, 32), level, np.float32), looks)
    assert caught.value.code == "unknown_foreground"


def test_a_hesitant_answer_is_stretched():
    raw = disc(32, 10, 2)
    np.testing.assert_allclose(look(gradient(), lambda rgb: raw * np.float32(0.5), "1"), raw, atol=1e-6)


def test_an_answer_out_of_range_is_the_nets_mistake():
    with pytest.raises(ValueError, match="within"):
        look(gradient(), lambda rgb: disc(32, 10) - np.float32(0.2), "1")


def test_large_pictures_are_halved_for_the_net():
    seen = []

    def predict(rgb):
        seen.append(rgb.shape)
        return disc(32, 10, 2)

    look(np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), np.uint8), predict, "1")
    assert seen == [(1000, 1500, 3)]


def test_a_closer_look_sees_only_the_surroundings():
    seen = []

    def predict(rgb):
        seen.append(rgb.shape[:2])
        return sees_red(rgb)

    small = np.full((400, 600, 3), (30, 90, 200), np.uint8)
    small[80:320, 300:540] = PICTURE
    truth = np.zeros((400, 600), np.float32)
    truth[80:320, 300:540] = TRUTH
    alpha = look(small, predict, "4")
    assert alpha.shape == (75, 113)  # as fine as the closer look: 32 px over the subject's surroundings
    alpha = resize_alpha(alpha, (600, 400))
    assert seen[0] == (400, 600)
    assert len(seen) == 4
    assert max(max(size) for size in seen[1:]) < 240
    once = resize_alpha(look(small, sees_red, "1"), (600, 400))
    assert np.abs(alpha - truth).mean() < 0.7 * np.abs(once - truth).mean()


def test_mirrored_looks_agree_with_straight_ones():
    rgb = blended(disc(240, 110, 2), (220, 60, 40), (30, 90, 200))
    alpha = look(rgb, sees_red, "4")
    np.testing.assert_allclose(alpha, alpha[:, ::-1], atol=0.02)


def test_transparency_of_the_source_is_honoured():
    clear = np.ones((240, 240), np.float32)
    clear[:, :120] = 0
    refined = refine(Photo(PICTURE, clear), TRUTH, Recipe())
    assert refined[:, :120].max() == 0
    assert refined[120, 150] == 1


def test_edges_of_a_full_size_matte_stay_as_delivered():
    photo = Photo(gradient(1200, 10))
    delivered = np.tile(np.linspace(0, 1, 1200, dtype=np.float32), (10, 1))
    np.testing.assert_array_equal(refine(photo, delivered, Recipe()), delivered)


PHOTO = Photo(PICTURE, dpi=(300.0, 300.0))


@pytest.mark.parametrize(
    ("recipe", "media_type", "mode"),
    [
        (Recipe(), "image/png", "RGBA"),
        (Recipe(format="webp"), "image/webp", "RGBA"),
        (Recipe(format="jpg"), "image/jpeg", "RGB"),
        (Recipe(format="avif"), "image/avif", "RGBA"),
        (Recipe(format="tiff"), "image/tiff", "RGBA"),
        (Recipe(background="red"), "image/jpeg", "RGB"),
        (Recipe(background="#ff000080"), "image/png", "RGBA"),
        (Recipe(channels="alpha"), "image/png", "L"),
        (Recipe(channels="alpha", format="jpg"), "image/jpeg", "RGB"),
        (Recipe(channels="source"), "image/jpeg", "RGB"),
        (Recipe(channels="background"), "image/png", "RGBA"),
    ],
)
def test_formats_and_channels(recipe, media_type, mode):
    made = render(PHOTO, TRUTH, recipe)
    assert (made.media_type, opened(made).mode) == (media_type, mode)
    assert opened(made).size == (made.width, made.height) == (240, 240)


def test_jpeg_gets_a_white_background():
    assert np.asarray(opened(render(PHOTO, TRUTH, Recipe(format="jpg"))))[5, 5].min() >= 253


def test_crop_margin_and_size_together():
    made = render(PHOTO, TRUTH, Recipe(crop=True, margin=10, max_side=72))
    assert max(made.width, made.height) == 72
    pixels = np.asarray(opened(made))
    assert pixels[0].max() == 0
    assert pixels[36, 36, 3] == 255
    assert made.box.width == pytest.approx(120, abs=4)


def test_the_background_is_the_rest():
    front = np.asarray(opened(render(PHOTO, TRUTH, Recipe())))[..., 3].astype(int)
    rest = np.asarray(opened(render(PHOTO, TRUTH, Recipe(channels="background"))))[..., 3]
    assert np.abs(front + rest - 255).max() <= 1


def test_the_source_is_untouched():
    made = render(PHOTO, TRUTH, Recipe(channels="source", format="png"))
    np.testing.assert_array_equal(np.asarray(opened(made)), PICTURE)


def test_an_empty_matte_gives_an_empty_picture():
    made = render(PHOTO, np.zeros((8, 8), np.float32), Recipe(crop=True))
    assert made.box.width == 0
    assert np.asarray(opened(made)).max() == 0


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(feather=10, expand=20, holes="close", specks=True),
        Recipe(expand=-20, decontaminate=False),
        Recipe(max_side=1),
        Recipe(crop=True, margin=50, background="none", format="webp", quality=1),
    ],
)
def test_extremes_end_well(recipe):
    made = render(PHOTO, TRUTH, recipe)
    opened(made).load()
    assert made.width >= 1
