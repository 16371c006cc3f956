"""Reads settings from the environment and refuses values that make no sense.

Every helper raises ImproperlyConfigured with a sentence that names the variable, what was found and what is
wanted, so that a typing mistake ends at start-up and not in the middle of a job.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def env_str(name: str, default: str = "") -> str:
    """The variable's text; an empty variable counts as not set. `NAME_FILE` names a file that holds it."""
    from_file = os.environ.get(f"{name}_FILE", "").strip()
    if from_file:
        return _read_secret(name, Path(from_file))
    return os.environ.get(name, "").strip() or default


def env_key(name: str, prefixes: tuple[str, ...]) -> str:
    """A key of another service, "" when there is none. Its beginning is checked, and never its rest shown."""
    value = env_str(name)
    if value and not value.startswith(prefixes):
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(prefixes)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    text = env_str(name).lower()
    if not text:
        return default
    if text in TRUE | FALSE:
        return text in TRUE
    raise ImproperlyConfigured(f"{name} is {text!r}; it must be one of on, off, yes, no, true, false, 1, 0.")


def env_int(name: str, default: int, least: int, most: int) -> int:
    text = env_str(name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a whole number.") from None
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} is {value}; it must lie between {least} and {most}.")
    return value


def env_float(name: str, default: float, least: float, most: float) -> float:
    text = env_str(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a number.") from None
    if not least <= value <= most:  # also refuses NaN
        raise ImproperlyConfigured(f"{name} is {value:g}; it must lie between {least:g} and {most:g}.")
    return value


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env_str(name, default).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def env_list(name: str, default: list[str]) -> list[str]:
    text = env_str(name)
    return [part.strip() for part in text.split(",") if part.strip()] if text else default


def env_pairs(name: str) -> dict[str, str]:
    """`one=this,two=that` as a table. Names of what is on the right are short: letters, digits, dashes."""
    pairs = [part.partition("=") for part in env_list(name, [])]
    if not all(
        left.strip() and re.fullmatch(r"[a-z][a-z0-9-]{0,19}", right.strip()) for left, _, right in pairs
    ):
        raise ImproperlyConfigured(f"{name} must look like birefnet-general=gpu,isnet-anime=slow.")
    return {left.strip(): right.strip() for left, _, right in pairs}


def env_path(name: str, default: Path) -> Path:
    return Path(env_str(name, str(default))).expanduser().resolve()


def env_secret(name: str, made_in: Path) -> str:
    """The secret from the environment, else one made once and kept readable by its owner alone."""
    value = env_str(name)
    if value:
        if len(value) < 50:
            raise ImproperlyConfigured(f"{name} has {len(value)} characters; it must have at least 50.")
        return value
    return _kept_secret(made_in)


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
        ) from None
