"""bench.speed with contestants that take no time: one object of all ratios, a table, a drawing; sizes of a folder."""

import io
import json
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from bench import again, folder, report, speed
from bench.pictures import mixed


@pytest.fixture
def no_models(monkeypatch):
    monkeypatch.setattr(speed, "models_dir", lambda: None)
    monkeypatch.setattr(speed, "rembg", lambda folder: lambda data: data)
    monkeypatch.setattr(speed, "ours", lambda folder, preset, engine: lambda data: data)
    monkeypatch.setattr(speed, "_peak", lambda who, *rest: 1500.0 if who == "rembg" else 600.0)
    found = folder.Folder(30, 24.0, 6.0, 26.0, 4.3, 4.1)
    monkeypatch.setattr(folder, "measure", lambda **asked: found)
    monkeypatch.setattr(again, "measure", lambda *asked: again.Again(1.0, 0.03, 0.09, 0.2))
    monkeypatch.setattr(speed, "photo", lambda megapixels: b"photo")


def test_one_object_holds_every_ratio(no_models, capsys):
    speed.main(["--json", "--rounds", "1", "--sizes", "0.2", "12"])
    found = json.loads(capsys.readouterr().out)
    for kind in ("speed", "cpu", "memory"):
        assert {preset: list(sizes) for preset, sizes in found[kind].items()} == {
            "fast": ["0.2", "12"],
            "balanced": ["0.2", "12"],
        }
    assert found["memory"]["fast"]["12"] == 0.4
    assert found["folder"]["speed"] == 4.3
    assert found["recipe"]["preview"] == 0.03


def test_parts_can_be_left_out(no_models, capsys):
    left_out = ["--without", "memory", "folder", "recipe"]
    speed.main(["--json", "--rounds", "1", "--sizes", "0.2", "--preset", "fast", *left_out])
    found = json.loads(capsys.readouterr().out)
    assert (found["memory"], found["folder"], found["recipe"]) == ({"fast": {"0.2": 0}}, None, None)


def test_it_is_drawn_and_printed(no_models, capsys, tmp_path):
    speed.main(["--rounds", "1", "--sizes", "12", "--out", str(tmp_path / "out")])
    table = capsys.readouterr().out
    assert "(6x)" in table and "30 photos" in table and "its preview 0.030" in table
    drawing = ET.fromstring((tmp_path / "out" / "speed.svg").read_text())
    words = " ".join(drawing.itertext())
    assert "fast, 12 MP" in words and "folder of 30, fast" in words and "4.30×" in words
    assert json.loads((tmp_path / "out" / "speed.json").read_text())["goals"]["folder"] == report.FOLDER_GOAL


def test_photos_of_the_folder_have_the_sizes_asked_for():
    pictures = [Image.open(io.BytesIO(data)) for data in mixed([0.05, 0.2])]
    assert [round(each.width * each.height / 1e6, 2) for each in pictures] == [0.05, 0.2]
