"""Files through the pipeline: all done, the bad ones told, nothing half-written, nothing done twice."""

import os
import threading

import numpy as np
import pytest
from PIL import Image

from processing.folder import Work, run_all
from processing.folder_plan import plan
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from tests import fakes


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(fakes.photo(shade=20 + number))
    return folder


def work(model, **options):
    return Work(lambda rgb, recipe: model.predict(rgb), Recipe.parse({"preset": "fast"}), Limits(), **options)


def outcomes(folder, out, model, jobs=1, **options):
    found = run_all(plan([folder], out), work(model, **options), jobs)
    return {outcome.name: outcome for outcome in found}


@pytest.mark.parametrize("jobs", [1, 3])
def test_it_works(photos, tmp_path, jobs):
    out = tmp_path / "out"
    done = outcomes(photos, out, fakes.Model(), jobs)
    assert {name: outcome.state for name, outcome in done.items()} == dict.fromkeys(
        ["0.png", "1.png", "2.png"], "done"
    )
    with Image.open(done["0.png"].result) as cut:
        assert cut.mode == "RGBA"
        opacity = cut.getchannel("A")
        assert (opacity.getpixel((48, 32)), opacity.getpixel((1, 1))) == (255, 0)
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png", "2.png"]
    assert set(done["0.png"].seconds) == {"reading", "looking", "rendering", "writing"}


def test_what_is_done_is_skipped(photos, tmp_path):
    model = fakes.Model()
    outcomes(photos, tmp_path / "out", model)
    (photos / "1.png").write_bytes(fakes.photo(shade=90))
    os.utime(photos / "1.png", (4e9, 4e9))
    again = outcomes(photos, tmp_path / "out", model)
    assert [outcome.state for outcome in again.values()].count("skipped") == 2
    assert again["1.png"].state == "done"
    assert model.looks == 4


def test_overwrite_does_all_again(photos, tmp_path):
    model = fakes.Model()
    outcomes(photos, tmp_path / "out", model)
    outcomes(photos, tmp_path / "out", model, overwrite=True)
    assert model.looks == 6


def test_a_bad_file_does_not_stop_the_others(photos, tmp_path):
    (photos / "bad.png").write_bytes(b"<html>")
    (photos / "empty.jpg").touch()
    done = outcomes(photos, tmp_path / "out", fakes.Model())
    assert (done["bad.png"].code, done["empty.jpg"].code) == ("unsupported_format", "empty_file")
    assert [outcome.state for outcome in done.values()].count("done") == 3


def test_too_large_is_refused_unread(photos, tmp_path):
    with (photos / "big.jpg").open("wb") as stream:
        stream.truncate(10**10)
    assert outcomes(photos, tmp_path / "out", fakes.Model())["big.jpg"].code == "file_too_large"


def test_a_name_too_long_for_its_result_is_told(photos, tmp_path):
    out = tmp_path / "out"
    (photos / ("x" * 251 + ".png")).write_bytes(fakes.photo())
    (photos / ("x" * 251 + ".jpg")).write_bytes(fakes.photo())
    done = outcomes(photos, out, fakes.Model())
    long = [outcome for name, outcome in done.items() if name.startswith("x")]
    assert [outcome.code for outcome in long] == ["file_error", "file_error"]
    assert len(list(out.iterdir())) == 3


def test_an_unforeseen_error_costs_one_file(photos, tmp_path):
    done = outcomes(photos, tmp_path / "out", fakes.Model(meanwhile=raise_once(photos)))
    assert sorted(outcome.code for outcome in done.values()) == ["", "", "internal_error"]


def raise_once(token):
    calls = iter([True])

    def meanwhile():
        if next(calls, False):
            raise ZeroDivisionError("a bug")

    return meanwhile


def test_leaving_early_ends_the_rest(photos, tmp_path):
    gate = threading.Event()
    model = fakes.Model(meanwhile=gate.set)
    for _ in run_all(plan([photos], tmp_path / "out"), work(model), 1):
        break
    assert gate.is_set()
    assert model.looks < 3


def test_a_wrong_matte_of_a_model_is_one_failure(photos, tmp_path):
    class Broken(fakes.Model):
        def predict(self, rgb):
            return np.full((4, 4), np.nan, np.float32)

    done = outcomes(photos, tmp_path / "out", Broken())
    assert {outcome.state for outcome in done.values()} == {"failed"}
