"""The model `auto`: the best one that is here, with the reason in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .errors import WeightsMissingError
from .specs import ModelSpec

AUTO = "auto"

# Best edges on any subject first, by the authors' published comparisons. The picture has no say: what would
# be needed to tell portraits or drawings apart reliably is a model of its own, and a wrong guess costs more than
# the specialist gains. Specialists (people, anime, clothes, camouflage) and own models are chosen by name.
ORDER = (
    "birefnet-general",
    "bria-rmbg",
    "birefnet-massive",
    "birefnet-general-lite",
    "birefnet-dis",
    "birefnet-hrsod",
    "isnet-general-use",
    "u2net",
    "silueta",
    "u2netp",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and why in one sentence for people."""

    spec: ModelSpec
    why: str


def choose(usable: Iterable[ModelSpec]) -> Choice:
    """The best of the local models that are installed and may be used; raises WeightsMissingError for none."""
    known = {spec.name: spec for spec in usable}
    ranked = [known[name] for name in ORDER if name in known]
    if not ranked:
        raise WeightsMissingError(
            "No model is installed that can choose for itself: run `manage.py models fetch u2net`.",
            model=AUTO,
        )
    best, *others = ranked
    if not others:
        return Choice(best, f"{best.title} is the only general model installed here.")
    return Choice(
        best, f"{best.title} has the best edges of the {len(ranked)} general models installed here."
    )
