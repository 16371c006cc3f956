"""The figures of bench.quality on mattes whose errors can be counted by hand, and its way over a folder."""

import json

import numpy as np
import pytest
from PIL import Image

from bench import altered, quality
from bench.composites import composites
from bench.metrics import boundary_f, gradient_error, iou, of_colours, of_matte
from tests.processing.pipeline.pictures import blended, disc

TRUTH = disc(96, 30, 1)


def test_a_perfect_matte_is_perfect():
    assert of_matte(TRUTH, TRUTH) == {
        "iou": 1, "success": 1, "mae": 0, "sad": 0, "gradient": 0, "boundary": 1,
    }  # fmt: skip


def test_errors_are_counted():
    ours, truth = np.zeros((10, 10), np.float32), np.zeros((10, 10), np.float32)
    truth[:, :5] = 1
    ours[:, :4] = 1
    figures = of_matte(ours, truth)
    assert figures["iou"] == pytest.approx(0.8)
    assert figures["success"] == 0
    assert figures["mae"] == pytest.approx(0.1)
    assert figures["sad"] == pytest.approx(0.01)
    assert iou(truth * 0, truth * 0) == 1


def test_blurred_edges_have_a_gradient_error_and_outlines_far_off_no_boundary():
    assert gradient_error(disc(96, 30, 12), TRUTH) > gradient_error(disc(96, 30, 3), TRUTH) > 0
    assert boundary_f(disc(96, 30) >= 0.5, disc(96, 30.4) >= 0.5) == 1
    assert boundary_f(disc(96, 15) >= 0.5, TRUTH >= 0.5) == 0
    assert boundary_f(TRUTH > 2, TRUTH >= 0.5) == 0


def test_darkened_edges_are_a_colour_error():
    soft = disc(96, 30, 12)
    front = np.full((96, 96, 3), (200, 40, 40), np.uint8)
    opacity = np.rint(soft * 255).astype(np.uint8)
    clean = of_colours(np.dstack([front, opacity]), front, soft)
    dark = of_colours(np.dstack([(front * soft[..., None]).astype(np.uint8), opacity]), front, soft)
    assert clean["colour"] == 0
    assert max(clean.values()) < 1
    assert dark["colour"] > 10
    assert dark["white"] > 5 * clean["white"]


@pytest.fixture
def folder(tmp_path):
    for name in ("photos", "truth"):
        (tmp_path / name).mkdir()
    Image.fromarray(blended(TRUTH, (220, 60, 40), (30, 90, 200))).save(tmp_path / "photos" / "disc.png")
    Image.fromarray(np.rint(TRUTH * 255).astype(np.uint8)).save(tmp_path / "truth" / "disc.png")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "photos" / "no mask.png")
    return tmp_path


def test_a_folder_of_pairs(folder, monkeypatch, capsys):
    def cut(data: bytes):
        return np.dstack([np.zeros((96, 96, 3), np.uint8), np.rint(TRUTH * 255).astype(np.uint8)])

    monkeypatch.setattr(quality, "everybody", lambda *asked: {"rembg": cut, "balanced": cut})
    monkeypatch.setattr(quality, "models_dir", lambda: None)
    arguments = ["--photos", str(folder / "photos"), "--truth", str(folder / "truth")]
    quality.main([*arguments, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["mattes"]["balanced"]["iou"] == 1
    assert [row["picture"] for row in report["rows"]] == [
        "disc",
        *(f"disc on {c}" for c in ("black", "white", "green")),
    ]
    quality.main(arguments)
    assert "1 photos with masks" in capsys.readouterr().out


def test_composites_are_what_they_say(folder):
    made = list(composites([(folder / "photos" / "disc.png", folder / "truth" / "disc.png")]))
    assert [each.name for each in made] == ["disc on black", "disc on white", "disc on green"]
    # Under full opacity the composite is the foreground.
    assert (made[0].front[48, 48] == (220, 60, 40)).all()
    assert made[0].alpha.shape == (96, 96)


def test_a_folder_without_masks_is_one_sentence(folder):
    with pytest.raises(SystemExit, match="No photo in"):
        quality.main(["--photos", str(folder / "photos"), "--truth", str(folder)])


def test_differences_from_rembg_have_an_interval():
    rows = [
        {"picture": str(at), "figures": {"rembg": {"iou": 0.5}, "ours": {"iou": 0.5 + gain}}}
        for at, gain in enumerate((0.1, 0.2, 0.3))
    ]
    mean, low, high = quality.against(rows)["ours"]["iou"]
    assert mean == pytest.approx(0.2)
    assert 0.1 <= low < mean < high <= 0.3
    assert quality.against([]) == {}


def test_a_pair_is_altered_in_every_way(folder, tmp_path):
    altered.main(tmp_path / "altered", folder / "photos", folder / "truth")
    for way in altered.WAYS:
        pairs = quality.find(tmp_path / "altered" / way / "photos", tmp_path / "altered" / way / "truth")
        (photo, mask) = pairs[0]
        with Image.open(photo) as rgb, Image.open(mask) as truth:
            assert rgb.size == truth.size
            inside = np.asarray(truth) > 200
            # The disc is red and what is around it is not, wherever it has gone.
            assert np.asarray(rgb)[inside][:, 0].mean() > 1.5 * np.asarray(rgb)[inside][:, 2].mean()
