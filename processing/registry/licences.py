"""Which models a deployment may use: weights for non-commercial use are not for one that bills."""

from __future__ import annotations

from .errors import RegistryError
from .specs import ModelSpec


class LicenceForbidsError(RegistryError):
    """The licence of the weights forbids commercial use, and no contract was stated."""

    code = "licence_forbids"


def may_be_used(spec: ModelSpec, billing: bool, contracts: frozenset[str]) -> None:
    """Raises LicenceForbidsError where the deployment bills, the licence says no, and the model is not among
    `contracts`, the names for which the operator states a contract with the owner."""
    if billing and spec.commercial == "no" and spec.name not in contracts:
        raise LicenceForbidsError(
            f"{spec.name} may not be used in a service that bills: its licence ({spec.licence}) forbids it. "
            "State a contract with its owner in LICENCE_CONTRACTS, or choose another model.",
            model=spec.name,
            licence=spec.licence,
        )
