"""An operator's own ONNX file: a small TOML beside it says how to use it, and it is selectable by its name.

# models/shoes.toml, beside models/shoes.onnx
size = 512                      # side of the square input, pixels
scale = 255                     # pixel values are divided by this (default 255), ...
mean = [0.485, 0.456, 0.406]    # ... this is taken off, for R, G, B, ...
std = [0.229, 0.224, 0.225]     # ... and what is left is divided by this
activation = "sigmoid"          # of the output: none (it is 0..1 already), sigmoid (logits), minmax
licence = "MIT"
commercial = "yes"              # yes, no or unclear
title = "Shoes"                 # optional, as is good_for
good_for = "Shoes on a table."
"""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import RegistryError
from .specs import SPECS, ModelSpec, Triple, WeightsFile

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
RESERVED = frozenset({"auto"}) | SPECS.keys() | {
    file.name.removesuffix(".onnx") for spec in SPECS.values() for file in spec.files
}  # fmt: skip
_FOLDERS = re.compile(r"(?<![^\s(\"':])(?:/[^\s/]+)*/(?=[^\s/]+)")
LONGEST_TOML = 20_000  # bytes


class CustomModelInvalidError(RegistryError):
    """The TOML or the graph cannot be used; facts: model, reason (a clause without a full stop)."""

    code = "custom_model_invalid"

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"The own model {model} cannot be used: {reason}.", model=model, reason=reason)


def names(models_dir: Path) -> list[str]:
    """Names with a .toml and an .onnx in `models_dir`, sorted; those of built-in models are no own ones."""
    stems = sorted(path.stem for path in models_dir.glob("*.toml"))
    return [stem for stem in stems if is_own(stem, models_dir)]


def mistaken(models_dir: Path) -> list[CustomModelInvalidError]:
    """What is wrong with those own models whose TOML cannot be used."""
    found = []
    for name in names(models_dir):
        try:
            load(name, models_dir)
        except CustomModelInvalidError as error:
            found.append(error)
    return found


def is_own(name: str, models_dir: Path) -> bool:
    """Whether this is the name of an own model; a path or a built-in name never is."""
    if not NAME.fullmatch(name) or name in RESERVED:
        return False
    return all((models_dir / f"{name}{suffix}").is_file() for suffix in (".toml", ".onnx"))


def load(name: str, models_dir: Path) -> ModelSpec:
    """The spec that the TOML of an own model describes; raises CustomModelInvalidError. The graph is not read."""
    given = _read(name, models_dir / f"{name}.toml")
    values = {key: _value(name, key, given) for key in _FIELDS}
    scale = values["scale"] / 255  # the predictor divides by 255 itself
    return ModelSpec(
        name,
        values["title"] or name,
        "custom",
        values["size"],
        (WeightsFile(f"{name}.onnx"),),
        values["licence"],
        values["commercial"],
        1000 + values["size"] * 4,
        values["good_for"] or "A model of the operator's own.",
        _scaled(values["mean"], scale),
        _scaled(values["std"], scale),
        values["activation"],
    )


def fingerprint(name: str, models_dir: Path) -> str:
    """Names weights and TOML together, as a change of either changes the mattes."""
    paths = [models_dir / f"{name}{suffix}" for suffix in (".onnx", ".toml")]
    return hashlib.sha256(
        "".join(_digest(path, path.stat().st_mtime_ns) for path in paths).encode()
    ).hexdigest()[:12]


def one_line(text: str) -> str:
    """A library's message as a clause, without the folders of this machine."""
    return _FOLDERS.sub("", " ".join(text.split()))[:300].rstrip(".")


def _read(name: str, path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        given = tomllib.loads(data[:LONGEST_TOML].decode())
    except OSError as error:
        raise CustomModelInvalidError(name, f"{path.name} cannot be read ({error.strerror})") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise CustomModelInvalidError(name, f"{path.name} is not TOML ({one_line(str(error))})") from error
    unknown = sorted(given.keys() - _FIELDS.keys())
    if unknown:
        raise CustomModelInvalidError(
            name, f"{path.name} has unknown keys ({', '.join(unknown)}); known are {', '.join(_FIELDS)}"
        )
    return given


def _value(name: str, key: str, given: dict[str, Any]) -> Any:
    read, default, expected = _FIELDS[key]
    if key not in given:
        if default is None:
            raise CustomModelInvalidError(name, f"{name}.toml lacks {key} ({expected})")
        return default
    try:
        return read(given[key])
    except (TypeError, ValueError):
        raise CustomModelInvalidError(name, f"{key} must be {expected}") from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _positive(value: object) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError
    return number


def _side(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 32 <= value <= 4096:
        raise ValueError
    return value


def _three(read: Callable[[object], float]) -> Callable[[object], Triple]:
    def triple(value: object) -> Triple:
        if not isinstance(value, list):
            raise TypeError
        red, green, blue = map(read, value)
        return red, green, blue

    return triple


def _word(*words: str) -> Callable[[object], str]:
    def one_of(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return one_of


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200 or not value.isprintable():
        raise ValueError
    return value.strip()


def _scaled(triple: Triple, factor: float) -> Triple:
    red, green, blue = triple
    return red * factor, green * factor, blue * factor


@lru_cache(maxsize=64)
def _digest(path: Path, mtime_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# How a key is read, its default (None: it must be there), and what to say it must be.
_FIELDS: dict[str, tuple[Callable[[object], Any], Any, str]] = {
    "size": (_side, None, "a whole number of 32 to 4096"),
    "mean": (_three(_number), None, "three numbers"),
    "std": (_three(_positive), None, "three numbers above 0"),
    "scale": (_positive, 255.0, "a number above 0"),
    "activation": (_word("none", "sigmoid", "minmax"), None, "none, sigmoid or minmax"),
    "licence": (_text, None, "a text of at most 200 characters"),
    "commercial": (_word("yes", "no", "unclear"), None, "yes, no or unclear"),
    "title": (_text, "", "a text of at most 200 characters"),
    "good_for": (_text, "", "a text of at most 200 characters"),
}
