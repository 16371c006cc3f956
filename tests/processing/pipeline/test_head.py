"""Heads are measured by face or outline, and laid out as documents demand; where there is none, it is said. 4 s."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.pipeline.arrays import Alpha, Rgb
from processing.pipeline.codec import Photo
from processing.pipeline.errors import PipelineError
from processing.pipeline.head import head_of
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.placement import Head
from processing.pipeline.proxy import needed
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import finish

from .pictures import disc


def person(width: int = 600, height: int = 800, neck: bool = True) -> Alpha:
    """Crown at a tenth of the height, chin at four tenths; without a neck the hair reaches the shoulders."""
    drawn = np.zeros((800, 600), np.uint8)
    cv2.ellipse(drawn, (300, 200), (95, 120), 0, 0, 360, 255, -1)
    cv2.rectangle(drawn, (255 if neck else 205, 200), (345 if neck else 395, 420), 255, -1)
    cv2.ellipse(drawn, (300, 800), (270, 400), 0, 0, 360, 255, -1)
    return np.asarray(cv2.resize(drawn, (width, height)), np.float32) / np.float32(255)


def grey(alpha: Alpha) -> Rgb:
    return np.full((*alpha.shape, 3), 120, np.uint8)


@pytest.mark.parametrize(("width", "height"), [(600, 800), (150, 200), (2400, 3200), (600, 500)])
def test_an_outline_with_a_neck_tells_crown_and_chin(width: int, height: int) -> None:
    # The last one's body is cut off below the shoulders.
    alpha = np.ascontiguousarray(person()[:500]) if height == 500 else person(width, height)
    head, unit = head_of(grey(alpha), alpha, (width, height)), width / 600
    assert head is not None
    assert head.crown == pytest.approx(80 * unit, abs=4 * unit)
    assert head.chin == pytest.approx(320 * unit, abs=25 * unit)
    assert head.middle == pytest.approx(300 * unit, abs=4 * unit)


def test_a_reduced_copy_gives_px_of_the_source() -> None:
    alpha = person(300, 400)
    small, large = head_of(grey(alpha), alpha, (300, 400)), head_of(grey(alpha), alpha, (3000, 4000))
    assert small is not None and large is not None
    assert large.chin == pytest.approx(10 * small.chin)


@pytest.mark.parametrize(
    "alpha",
    [
        disc(200, 70),
        person(neck=False),
        np.zeros((50, 40), np.float32),
        np.ones((50, 40), np.float32),
        np.ones((1, 1), np.float32),
    ],
    ids=["a ball", "no neck", "nothing", "everything", "a pixel"],
)
def test_where_no_head_is_sure_none_is_found(alpha: Alpha) -> None:
    size = alpha.shape[1], alpha.shape[0]
    assert head_of(grey(alpha), alpha, size) is None
    with pytest.raises(PipelineError) as caught:
        finish(Photo(grey(alpha)), alpha, Recipe.parse({"layout": "passport_35x45"}))
    assert caught.value.code == "no_head"


def astronaut() -> tuple[Rgb, Alpha]:
    """A portrait and a rough matte of it."""
    from skimage import data

    rgb = np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    drawn = cv2.ellipse(np.zeros((512, 512), np.uint8), (225, 95), (72, 78), 0, 0, 360, 255, -1)
    drawn[150:, 130:340], drawn[300:, 20:] = 255, 255
    return rgb, np.asarray(drawn, np.float32) / np.float32(255)


def test_a_face_tells_crown_and_chin_of_a_photo() -> None:
    rgb, alpha = astronaut()
    head = head_of(rgb, alpha, (512, 512))
    assert head is not None
    assert (head.crown, head.chin) == (pytest.approx(17, abs=4), pytest.approx(174, abs=8))
    assert head.middle == pytest.approx(225, abs=8)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("passport_35x45", 32 / 45, 36 / 45), ("passport_2x2", 0.5, 0.69), ("id_25x35", 0.68, 0.78)],
)
def test_documents_get_a_head_of_their_size(name: str, least: float, most: float) -> None:
    rgb, alpha = astronaut()
    made = finish(Photo(rgb), alpha, Recipe.parse({"layout": name, "channels": "alpha", "format": "png"}))
    matte = np.asarray(Image.open(io.BytesIO(made.data)).convert("L"))
    height, width = matte.shape
    crown = int(np.flatnonzero((matte > 127).any(axis=1))[0])
    share = float(Recipe.parse({"layout": name}).head) / 100
    assert least <= share <= most
    assert crown / height == pytest.approx(0.3 * (1 - share), abs=0.03)
    top = np.flatnonzero(matte[round(crown + 0.2 * share * height)] > 127)
    assert (top[0] + top[-1]) / 2 == pytest.approx(width / 2, abs=0.05 * width)
    assert LAYOUTS[name].fields["dpi"] == "300"


def test_a_preview_of_a_document_is_made_from_enough_pixels() -> None:
    assert needed(person(150, 200), (3000, 4000), Recipe(head="76", canvas="413x531", max_side=300)) == 4000


def test_a_head_has_a_height() -> None:
    assert Head(10, 25, 7).height == 15
