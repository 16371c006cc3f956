"""manage.py models."""

import json

import pytest
from django.core.management import CommandError, call_command

from processing.registry import optimize
from processing.registry.specs import SPECS
from tests.processing.registry.graphs import brightness, put, tiny


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.MODELS_DIR = tmp_path
    data = brightness()
    monkeypatch.setitem(SPECS, "u2net", tiny(data))
    put(tmp_path, SPECS["u2net"], data)
    return tmp_path


def test_it_works(folder, capsys):
    call_command("models", "list", "--json")
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["u2net"]["state"] == "installed"
    assert rows["bria-rmbg"]["commercial"] == "no"


def test_the_list_for_people(folder, capsys):
    call_command("models", "list")
    assert "commercial use: no" in capsys.readouterr().out


def test_verify(folder, capsys):
    call_command("models", "verify")
    assert capsys.readouterr().out == "u2net: right.\n"


def test_verify_finds_what_is_wrong(folder):
    (folder / "u2net.onnx").write_bytes(b"rotten")
    with pytest.raises(CommandError, match="wrong checksum") as caught:
        call_command("models", "verify", "u2net")
    assert caught.value.returncode == 1


def test_fetch_of_what_is_there(folder, capsys):
    call_command("models", "fetch", "u2net")
    assert "checksum is right" in capsys.readouterr().out


def test_unknown_names_are_refused(folder):
    with pytest.raises(CommandError, match="no model named"):
        call_command("models", "fetch", "../u2net")


def test_the_list_under_billing_and_with_a_key(folder, capsys, settings):
    settings.BILLING, settings.BRIA_API_TOKEN = True, "a-key"
    call_command("models", "list", "--json")
    states = {row["name"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    names = ("u2net", "bria-rmbg", "bria-api", "removebg-api", "silueta")
    assert [states[name] for name in names] == ["installed", "forbidden", "installed", "needs a key", "-"]


def test_what_may_not_be_used_is_not_fetched(folder, settings):
    settings.BILLING = True
    with pytest.raises(CommandError, match="may not be used in a service that bills"):
        call_command("models", "fetch", "bria-rmbg")


def test_fetch_from_a_folder(folder, tmp_path, capsys):
    stick = tmp_path / "stick"
    stick.mkdir()
    (folder / "u2net.onnx").rename(stick / "u2net.onnx")
    call_command("models", "fetch", "u2net", "--from", str(stick))
    assert (folder / "u2net.onnx").read_bytes() == (stick / "u2net.onnx").read_bytes()


def test_fetch_from_where_the_settings_say_and_nowhere_else(folder, tmp_path, settings):
    (folder / "u2net.onnx").unlink()
    settings.WEIGHTS_FROM = [str(tmp_path / "stick"), "only"]
    with pytest.raises(CommandError, match=r"could not be had \(.*stick"):
        call_command("models", "fetch", "u2net")


def test_remote_models_have_no_weights(folder):
    with pytest.raises(CommandError, match="runs at its provider"):
        call_command("models", "fetch", "bria-api")


@pytest.mark.parametrize(("speed", "words"), [(3.2, "3.2 times as fast"), (0.9, "not used on this machine")])
def test_optimize_says_what_was_found(folder, capsys, monkeypatch, speed, words):
    found = optimize.Verdict("", 1, "", "", 1, 1, difference=0.001, overlap=0.99, speed=speed)
    monkeypatch.setattr(optimize, "optimize", lambda *asked: found)
    call_command("models", "optimize")
    assert words in capsys.readouterr().out


def test_what_cannot_be_optimized_is_said(folder):
    with pytest.raises(CommandError, match="no activation ranges"):
        call_command("models", "optimize", "silueta")


def test_bench_times_a_look(folder, capsys):
    call_command("models", "bench")
    assert "u2net" in (out := capsys.readouterr().out) and "s a look" in out


def test_the_list_shows_what_bench_measured(folder, capsys):
    call_command("models", "list")
    assert "s a look" not in capsys.readouterr().out
    call_command("models", "bench")
    call_command("models", "list", "--json")
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out.splitlines()[-1])}
    assert rows["u2net"]["seconds_a_look"] >= 0 and rows["silueta"]["seconds_a_look"] is None
    call_command("models", "list")
    assert "s a look" in capsys.readouterr().out


def test_the_list_says_what_is_wrong_with_an_own_model(folder, capsys):
    (folder / "shoes.onnx").write_bytes(b"")
    (folder / "shoes.toml").write_text("size = 'large'")
    call_command("models", "list")
    assert "The own model shoes cannot be used" in capsys.readouterr().err
