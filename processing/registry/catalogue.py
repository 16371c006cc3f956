"""Every model that can be named here: the table, the operator's own files, and whether each can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import custom
from .errors import RegistryError
from .licences import may_be_used
from .specs import SPECS, ModelSpec, get_spec, installed


@dataclass(frozen=True, slots=True)
class Offer:
    """A model and whether it can be chosen; `why_not` is a code of the catalogue of messages, "" if it can."""

    spec: ModelSpec
    why_not: str = ""


def find(name: str, models_dir: Path) -> ModelSpec:
    """The spec of a built-in or own model; raises UnknownModelError, CustomModelInvalidError."""
    if custom.is_own(name, models_dir):
        return custom.load(name, models_dir)
    return get_spec(name)


def listing(
    models_dir: Path, billing: bool = False, contracts: frozenset[str] = frozenset(),
    accounts: frozenset[str] = frozenset(),
) -> list[Offer]:  # fmt: skip
    """All models, in the table's order, own ones last. `accounts`: remote models for which there is a key.

    An own model whose TOML is wrong is left out here; choosing it says what is wrong.
    """
    here = {spec.name for spec in installed(models_dir)} | accounts
    return [
        Offer(spec, _why_not(spec, here, billing, contracts)) for spec in [*SPECS.values(), *_own(models_dir)]
    ]


def _why_not(spec: ModelSpec, here: set[str], billing: bool, contracts: frozenset[str]) -> str:
    try:
        may_be_used(spec, billing, contracts)
    except RegistryError as error:
        return error.code
    if spec.name in here or spec.family == "custom":
        return ""
    return "provider_not_configured" if spec.is_remote else "weights_missing"


def _own(models_dir: Path) -> list[ModelSpec]:
    found = []
    for name in custom.names(models_dir):
        try:
            found.append(custom.load(name, models_dir))
        except custom.CustomModelInvalidError:
            continue
    return found
