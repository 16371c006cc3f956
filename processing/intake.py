"""Whether new photos are taken at all: what an operator switches off while something is put right."""

from __future__ import annotations

from processing.errors import Refused
from processing.models import SiteState
from processing.switches import state as state


def check() -> None:
    """Refused: intake_paused."""
    now = state()
    if now.intake_paused:
        raise Refused("intake_paused", reason=now.reason or "The operator will open it again")


def pause(reason: str) -> None:
    SiteState.objects.update_or_create(pk=1, defaults={"intake_paused": True, "reason": reason})


def resume() -> None:
    SiteState.objects.update_or_create(pk=1, defaults={"intake_paused": False, "reason": ""})
