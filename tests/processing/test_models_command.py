"""manage.py models."""

import json

import pytest
from django.core.management import CommandError, call_command

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
