"""The wheel of the Python client as it would be published: built, put into an environment of its own, and used from
there against a running server. Ten seconds."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from PIL import Image

from tests.clients.conftest import Server

pytestmark = pytest.mark.slow

CLIENT = settings.BASE_DIR / "clients" / "python"
PROGRAM = """
import asyncio, os, sys
import bgsite_client
from bgsite_client import AsyncClient, Client, InvalidRequest
from bgsite_client.rembg import remove

assert bgsite_client.__file__.startswith(sys.prefix), bgsite_client.__file__
where = os.environ["BGSITE_URL"], os.environ["BGSITE_KEY"]
with Client(*where) as client:
    client.remove_background("cup.png", background="#ffffff", format="webp").save("sync.webp")
    try:
        client.create_job("cup.png", fether=2)
    except InvalidRequest as error:
        assert error.request_id
        print(error.code, error.facts["expected"][0])


async def main():
    async with AsyncClient(*where) as client:
        (await client.remove_background("cup.png", crop=True)).save("async.png")


asyncio.run(main())
open("rembg.png", "wb").write(remove(open("cup.png", "rb").read()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by what the lock has, so that nothing is loaded."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "uv", "build", "--wheel", "--offline", "--no-build-isolation"]
    subprocess.run(
        [*build, "--python", sys.executable, "--out-dir", str(folder), str(CLIENT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that has the wheel, and httpx from where the tests have it."""
    home = tmp_path_factory.mktemp("environment")
    uv = [sys.executable, "-m", "uv"]
    fresh = home / "bin" / "python"
    for command in (
        [*uv, "venv", "--quiet", "--offline", "--python", sys.executable, "--clear", str(home)],
        [*uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(fresh), str(wheel)],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "httpx-of-the-tests.pth").write_text(str(Path(httpx.__file__).parent.parent))
    return fresh


def test_it_works_from_its_wheel(python: Path, server: Server, tmp_path: Path) -> None:
    surroundings = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    said = subprocess.run(
        [str(python), "-c", PROGRAM],
        cwd=tmp_path,
        env=surroundings | {"BGSITE_URL": server.url, "BGSITE_KEY": server.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (said.returncode, said.stdout.strip()) == (0, "unknown_parameter feather"), said.stderr
    assert Image.open(tmp_path / "sync.webp").size == (800, 600)
    assert Image.open(tmp_path / "async.png").mode == Image.open(tmp_path / "rembg.png").mode == "RGBA"


def test_it_holds_every_module_and_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as parts:
        names = set(parts.namelist())
        [about] = (name for name in names if name.endswith("/METADATA"))
        facts = message_from_string(parts.read(about).decode())
    sources = sorted((CLIENT / "src" / "bgsite_client").iterdir())
    wanted = {f"bgsite_client/{file.name}" for file in sources if file.suffix in {".py", ".typed"}}
    assert {name for name in names if name.startswith("bgsite_client/")} == wanted
    assert facts["Requires-Python"] == ">=3.11"
    assert {re.split(r"[<>=]", text)[0] for text in facts.get_all("Requires-Dist")} == {"httpx"}
    assert "](../" not in facts.get_payload(), "its page on an index has no folder beside it"
    assert needed(sources) <= {"httpx", *sys.stdlib_module_names}


def needed(sources: list[Path]) -> set[str]:
    """What the modules import when they are loaded, but each other."""
    found = set()
    for file in (file for file in sources if file.suffix == ".py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
    return found
