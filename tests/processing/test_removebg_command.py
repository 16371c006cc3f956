"""manage.py removebg: options from the recipe, honest exit codes, one line a file, no database."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from PIL import Image

from processing.management.commands.removebg import _printable
from processing.pipeline.recipe import RULES
from processing.registry import cache, weights
from processing.registry.specs import get_spec
from tests import fakes


@pytest.fixture(autouse=True)
def model(monkeypatch):
    model = fakes.Model()
    monkeypatch.setattr(cache, "get", lambda *key: model)
    return model


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "my photo & 猫.png"
    path.write_bytes(fakes.photo())
    return path


def removebg(*words, **options):
    return call_command("removebg", *(str(word) for word in words), **options)


def test_it_works(photo, tmp_path, capsys):
    removebg(photo, "-o", tmp_path / "out")
    with Image.open(tmp_path / "out" / photo.name) as cut:
        assert (cut.size, cut.mode) == ((96, 64), "RGBA")
    line = capsys.readouterr().out
    assert line.startswith("ok")
    assert photo.name in line
    assert "96x64" in line


def test_auto_asks_no_database(photo, tmp_path, settings):
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2net.onnx").touch()
    removebg(photo, "-o", tmp_path / "out", "--model", "auto")
    assert (tmp_path / "out" / photo.name).is_file()


def test_one_result_can_be_named(photo, tmp_path):
    removebg(photo, "-o", tmp_path / "cut.webp", "--background", "white")
    with Image.open(tmp_path / "cut.webp") as cut:
        assert cut.format == "WEBP"
        assert cut.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_picture_file_can_lie_behind(photo, tmp_path):
    Image.new("RGB", (20, 20), (10, 20, 200)).save(tmp_path / "behind.png")
    removebg(photo, "-o", tmp_path / "cut.png", "--background", tmp_path / "behind.png")
    with Image.open(tmp_path / "cut.png") as cut:
        assert cut.convert("RGB").getpixel((0, 0)) == (10, 20, 200)


def test_a_broken_picture_behind_is_an_error(photo, tmp_path):
    (tmp_path / "behind.png").write_bytes(b"no picture")
    with pytest.raises(CommandError, match="not an image"):
        removebg(photo, "-o", tmp_path / "cut.png", "--background", tmp_path / "behind.png")


def test_a_layout_is_a_set_of_fields(photo, tmp_path):
    removebg(photo, "-o", tmp_path / "out", "--layout", "avatar", "--format", "webp")
    with Image.open((tmp_path / "out" / photo.name).with_suffix(".webp")) as cut:
        assert cut.size == (512, 512)


@pytest.mark.parametrize("format", ["zip", "ora"])
def test_archives_have_their_suffix(photo, tmp_path, format):
    removebg(photo, "-o", tmp_path / "out", "--format", format)
    assert (tmp_path / "out" / photo.name).with_suffix(f".{format}").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("name", RULES)
def test_every_field_of_the_recipe_is_an_option(name, capsys):
    with pytest.raises(SystemExit):
        removebg("--help")
    assert f"--{name.replace('_', '-')}" in capsys.readouterr().out


def test_crop_is_a_switch(photo, tmp_path):
    removebg(photo, "-o", tmp_path / "out", "--crop", "--margin=0")
    with Image.open(tmp_path / "out" / photo.name) as cut:
        assert cut.width < 96


def test_a_bad_setting_is_refused_before_any_work(photo, tmp_path, model):
    with pytest.raises(CommandError, match="feather"):
        removebg(photo, "-o", tmp_path / "out", "--feather=99")
    assert model.looks == 0
    assert not (tmp_path / "out").exists()


def test_a_failure_makes_the_exit_code(photo, tmp_path, capsys):
    (tmp_path / "bad.jpg").write_text("hello")
    with pytest.raises(CommandError, match="1 of 2 files failed") as caught:
        removebg(photo, tmp_path / "bad.jpg", tmp_path / "bad.jpg", "-o", tmp_path / "out")
    assert caught.value.returncode == 1
    assert "FAILED  bad.jpg: " in capsys.readouterr().out


def test_nothing_to_do_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="no picture"):
        removebg(tmp_path, "-o", tmp_path / "out")


def test_json(photo, tmp_path, capsys):
    removebg(photo, "-o", tmp_path / "out", "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["failed"] == 0
    assert report["files"][0]["state"] == "done"
    assert report["files"][0]["seconds"]["looking"] >= 0
    assert 0 <= report["files"][0]["confidence"] <= 1


def test_an_unknown_model_is_one_sentence(photo, tmp_path, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(CommandError, match="no model named"):
        removebg(photo, "-o", tmp_path / "out", "--model", "../../u2net")


def test_names_cannot_command_the_terminal():
    assert _printable("a\x1b[2J\nb\udc80é") == "a?[2J?b?é"


@pytest.mark.weights
def test_a_process_without_work_ends_well_while_the_net_is_still_loaded(photo, tmp_path):
    """In a process of its own, with real weights: they take longer to load than this to see that nothing is to do."""
    weights.fetch(get_spec("u2net"), settings.MODELS_DIR)
    done = tmp_path / "out"
    done.mkdir()
    (done / photo.name).write_bytes(fakes.photo())
    command = [sys.executable, "manage.py", "removebg", str(photo), "-o", str(done)]
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=dict(os.environ), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("skipped")
