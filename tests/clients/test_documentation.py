"""docs/api.md and the README of the Python client: the examples of a language, in their order, do what they say."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from accounts import keys
from processing.models import Batch, Job
from tests import fakes, ledger
from tests.clients.conftest import Server
from webhooks.models import Endpoint

pytestmark = pytest.mark.slow

PAGE = (settings.BASE_DIR / "docs" / "api.md").read_text()
CLIENT = settings.BASE_DIR / "clients" / "python"
README = (CLIENT / "README.md").read_text()
MIGRATION = (settings.BASE_DIR / "docs" / "migration.md").read_text()
COMMANDS = {
    "bash": ["bash", "-euo", "pipefail"],
    "python": [sys.executable],
    "javascript": ["node"],
}
SUFFIXES = {"bash": "sh", "python": "py", "javascript": "mjs"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples find their photos."""
    (tmp_path / "photos").mkdir()
    for number, name in enumerate(("dog", "cup", "shoe", "photos/a", "photos/b")):
        picture = Image.open(io.BytesIO(fakes.photo(800, 600, shade=number)))
        picture.save(tmp_path / f"{name}.jpg", quality=95)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def examples(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def run(language: str, program: str, folder: Path, server: Server) -> str:
    if not shutil.which(COMMANDS[language][0]):
        pytest.skip(f"{COMMANDS[language][0]} is not installed (make system)")
    file = folder / f"example.{SUFFIXES[language]}"
    file.write_text(program)
    surroundings = os.environ | {
        "BGSITE_URL": server.url, "BGSITE_KEY": server.key, "PYTHONPATH": str(CLIENT / "src"),
    }  # fmt: skip
    answer = subprocess.run(
        [*COMMANDS[language], str(file)], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    return answer.stdout


def alpha(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGBA"))[..., 3]


@pytest.mark.parametrize("language", COMMANDS)
def test_the_page(language: str, folder: Path, server: Server) -> None:
    said = run(language, "\n".join(examples(PAGE, language)), folder, server)
    for name in ("dog.png", "dog-later.png"):
        assert alpha(folder / name)[300, 400] > 200 and alpha(folder / name)[5, 5] < 90
    white = Image.open(folder / "dog-white.webp")
    assert white.format == "WEBP" and 400 < white.width < 500 and np.asarray(white)[2, 2].min() > 240
    blue = np.asarray(Image.open(folder / "dog-blue.jpg"))
    assert blue.shape == (300, 400, 3) and blue[5, 5, 2] > 160 > blue[5, 5, 0]
    assert alpha(folder / "dog-edited.png")[150, 230] < 10, "the stroke went there"
    with zipfile.ZipFile(folder / "cutouts.zip") as archive:
        assert sum(name.endswith(".webp") for name in archive.namelist()) == 2
    server.user.refresh_from_db()
    paid = Job.objects.filter(cached=False)  # a page may ask for the same thing twice
    assert (server.user.credits, Job.objects.count()) == (10 - paid.count(), 5)
    ledger.check()
    if language == "bash":
        assert json.loads((folder / "problem.json").read_text())["code"] == "unsupported_format"
    else:
        assert "unsupported_format" in said


@pytest.mark.parametrize("language", COMMANDS)
def test_coming_from_elsewhere(language: str, folder: Path, server: Server) -> None:
    """docs/migration.md: each format's examples, with the clients that people have."""
    said = run(language, "\n".join(examples(MIGRATION, language)), folder, server)
    made = {
        "bash": ["no-bg.png", "rembg.png"],
        "python": ["dog.jpg_no_bg.png", "rembg-python.png"],
        "javascript": ["no-bg-javascript.png"],
    }
    for name in made[language]:
        assert alpha(folder / name)[300, 400] > 200 and alpha(folder / name)[5, 5] < 90, name
    if language == "python":
        assert said.strip().splitlines()[-1].startswith(f"{server.url}/api/download/")
    if language == "bash":
        assert alpha(folder / "rembg-white.png").min() == 255
        answers = {
            name: json.loads((folder / f"{name}.json").read_text()) for name in ("bria", "bria-v1", "classic")
        }
        assert answers["bria"]["result"]["image_url"] and answers["bria-v1"]["result_url"]
        assert answers["classic"]["success"] is True


def test_the_pages_on_batches_and_webhooks(folder: Path, server: Server) -> None:
    """With addresses that no name server is asked for: one inside, which is refused, and one to which nothing is
    sent."""
    admin = keys.issue(server.user, scopes=["read", "write", "admin"])[1]
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        archive.write(folder / "cup.jpg", "cup.jpg")
    for page in ("batches", "webhooks"):
        program = "\n".join(examples((settings.BASE_DIR / "docs" / f"{page}.md").read_text(), "bash"))
        program = program.replace("https://example.org/", "http://127.0.0.1/").replace(
            "shop.example.org", "8.8.8.8"
        )
        said = run("bash", program, folder, replace(server, key=admin))
        assert '"secret":"whsec_' in said or page == "batches"
    assert [batch.items.count() for batch in Batch.objects.order_by("created")] == [2, 1, 1]
    assert Endpoint.objects.get().events == ["job.succeeded", "job.failed"]


def test_the_readme_of_the_client(folder: Path, server: Server) -> None:
    programs = examples(README, "python")
    assert len(programs) == 6
    for program in programs:
        here = program.replace("https://cutouts.example.org", server.url).replace("bg_live_...", server.key)
        run("python", here, folder, server)
    assert Image.open(folder / "dog.webp").format == "WEBP"
    assert {"dog.png", "cup.png", "shoe.png", "dog-blue.jpg", "dog-rembg.png", "cutouts.zip"} <= {
        file.name for file in folder.iterdir()
    }


def test_it_can_be_published() -> None:
    """The package is what its pyproject says: typed, and with every module."""
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())
    package = CLIENT / "src" / "bgsite_client"
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/bgsite_client"]
    assert (package / "py.typed").exists() and project["project"]["readme"] == "README.md"
    version = re.search(r"bgsite-client/([\d.]+)", (package / "transport.py").read_text())
    assert version and version[1] == project["project"]["version"]
