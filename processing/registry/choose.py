"""The model `auto`: the best one that is here for what the picture shows, with the reason in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .errors import WeightsMissingError
from .specs import ModelSpec

AUTO = "auto"

# Best edges on any subject first, by the authors' published comparisons.
ORDER = (
    "birefnet-general",
    "bria-rmbg",
    "birefnet-massive",
    "birefnet-general-lite",
    "birefnet-dis",
    "birefnet-hrsod",
    "ben2",
    "bria-rmbg-1.4",
    "isnet-general-use",
    "u2net",
    "silueta",
    "u2netp",
)

# Who goes before these when the picture shows something of their own. A specialist goes before general models of its
# own class alone: U²-Net for people sees no more than BiRefNet does.
SPECIALISTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "person": (("birefnet-portrait", ORDER[0]), ("u2net_human_seg", "u2net")),
    "drawing": (("isnet-anime", ORDER[0]),),
    # Nothing but the subject is there to be found, so what a larger net knows more is not needed.
    "plain": (("birefnet-general-lite", ORDER[0]),),
}
POINTED_AT = ("sam-large", "sam", "sam-quant")

_SHOWS = {"person": "A face was found", "drawing": "This is a drawing", "plain": "The ground is plain"}
_SUITS = {
    "person": "is made for people",
    "drawing": "is made for those",
    "plain": "needs a fraction of the time there",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and why in one sentence for people."""

    spec: ModelSpec
    why: str


def choose(
    usable: Iterable[ModelSpec], shows: Callable[[], str] | None = None, pointed: bool = False
) -> Choice:
    """The best of the local models that are installed and may be used; raises WeightsMissingError for none.

    `shows` tells what the picture shows (evidence.kind_of); it is asked only where that can change the choice.
    `pointed`: points or boxes say what to cut out, so only models that take them can be chosen.
    """
    known = {spec.name: spec for spec in usable}
    if pointed:
        return _pointed(known)
    kind = shows() if shows and _has_specialist(known) else "general"
    ranked = [known[name] for name in _order(kind) if name in known]
    if not ranked:
        raise WeightsMissingError(
            "No model is installed that can choose for itself: run `manage.py models fetch u2net`.",
            model=AUTO,
        )
    return Choice(ranked[0], _why(ranked[0], kind, sum(name in known for name in ORDER)))


def _has_specialist(known: Mapping[str, ModelSpec]) -> bool:
    return any(name in known for pairs in SPECIALISTS.values() for name, _ in pairs) and len(known) > 1


def _order(kind: str) -> list[str]:
    """ORDER with the specialists for this kind of picture before the model that each is put before."""
    order = list(ORDER)
    for name, before in SPECIALISTS.get(kind, ()):
        if name in order:
            order.remove(name)
        order.insert(order.index(before) if before in order else 0, name)
    return order


def _why(best: ModelSpec, kind: str, others: int) -> str:
    if best.name in [name for name, _ in SPECIALISTS.get(kind, ())]:
        return f"{_SHOWS[kind]}, and {best.title} {_SUITS[kind]}."
    if others == 1:
        return f"{best.title} is the only general model installed here."
    return f"{best.title} has the best edges of the {others} general models installed here."


def _pointed(known: Mapping[str, ModelSpec]) -> Choice:
    found = [known[name] for name in POINTED_AT if name in known]
    if not found:
        raise WeightsMissingError(
            "No model is installed that takes points and boxes: run `manage.py models fetch sam`.", model=AUTO
        )
    return Choice(found[0], f"{found[0].title} cuts out what the points and boxes say.")
