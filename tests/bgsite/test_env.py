"""Settings from the environment: what is read, and what is refused with a sentence that names the variable."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bgsite import env


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "  ")
    assert env.env_int("PORT", 8000, 1, 65535) == 8000


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("Yes", True), ("1", True), ("off", False), ("0", False)]
)
def test_switches(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("DEBUG", text)
    assert env.env_bool("DEBUG", not value) is value


@pytest.mark.parametrize("text", ["eight", "8.5", "0", "65536", "-1", "1e3"])
def test_a_number_that_makes_no_sense_names_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        env.env_int("PORT", 8000, 1, 65535)


def test_a_switch_or_choice_that_makes_no_sense_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        env.env_bool("DEBUG", False)
    with pytest.raises(ImproperlyConfigured, match="cpu, cuda"):
        monkeypatch.setenv("INFERENCE_PROVIDER", "gpu")
        env.env_choice("INFERENCE_PROVIDER", "cpu", ("cpu", "cuda"))


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "data" / "secret_key"
    first = env.env_secret("SECRET_KEY", path)
    assert len(first) >= 50
    assert env.env_secret("SECRET_KEY", path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_of_the_environment_must_be_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "short")
    with pytest.raises(ImproperlyConfigured, match="at least 50"):
        env.env_secret("SECRET_KEY", tmp_path / "unused")


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("S3_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert env.env_str("S3_SECRET_KEY") == "from the file"
    monkeypatch.setenv("S3_SECRET_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="S3_SECRET_KEY_FILE"):
        env.env_str("S3_SECRET_KEY")


def test_the_command_line_says_it_in_one_sentence() -> None:
    """In a process of its own: what is wrong is said without the way by which it was found."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bgsite.settings", "WORKERS": "many"}
    command = [sys.executable, "manage.py", "alive"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "WORKERS is 'many'; it must be a whole number.\n"
