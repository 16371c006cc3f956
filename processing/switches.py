"""What operators switch while the site runs: which models take photos, which is the usual one, which gets a share of
the traffic on trial, and what is announced. One row (SiteState), read afresh each time: it is one look by key."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from processing.errors import Refused, refusing
from processing.models import SiteState
from processing.registry import catalogue
from processing.registry.choose import AUTO
from processing.registry.errors import RegistryError


def state() -> SiteState:
    return SiteState.objects.filter(pk=1).first() or SiteState(pk=1)


# --- Asking ----------------------------------------------------------------------------------------------


def default_model() -> str:
    """The model of photos for which none was named, the share on trial apart."""
    return _default(state())


def usual(key: uuid.UUID) -> str:
    """The model for a photo, or for a whole batch, for which none was named. The same key gives the same model, so
    that the photos of a batch look alike; of many keys the canary's share is exact."""
    now = state()
    if now.canary_model and key.int % 100 < now.canary_share:
        return now.canary_model
    return _default(now)


def off() -> dict[str, str]:
    """Names of models that take no new photos, each with the reason."""
    return dict(state().models_off)


def check(model: str) -> None:
    """Refused: model_off."""
    reason = off().get(model)
    if reason is not None:
        raise Refused("model_off", model=model, reason=reason)


def notice() -> str:
    """What is announced now, "" for nothing."""
    now, at = state(), timezone.now()
    begun = now.notice_from is None or now.notice_from <= at
    over = now.notice_until is not None and now.notice_until <= at
    return now.notice if begun and not over else ""


# --- Switching -------------------------------------------------------------------------------------------


def switch_off(model: str, reason: str) -> None:
    """Takes no new photos for a model; what waits for it is worked on. Refused: unknown_model, model_is_usual."""
    known(model)

    def change(now: SiteState) -> None:
        if model == _default(now):
            raise Refused("model_is_usual", model=model)
        now.models_off = now.models_off | {model: reason}
        if model == now.canary_model:
            now.canary_model, now.canary_share = "", 0

    _change(change)


def switch_on(model: str) -> None:
    known(model)

    def change(now: SiteState) -> None:
        now.models_off = {name: reason for name, reason in now.models_off.items() if name != model}

    _change(change)


def set_default(model: str) -> None:
    """Refused: unknown_model, model_off."""
    known(model)

    def change(now: SiteState) -> None:
        _must_be_on(now, model)
        now.default_model = "" if model == settings.DEFAULT_MODEL else model
        if model == now.canary_model:
            now.canary_model, now.canary_share = "", 0

    _change(change)


def set_canary(model: str, share: int) -> None:
    """`share` per cent of the photos for which no model was named go to this one; 0 ends it. Refused:
    unknown_model, model_off, invalid_parameter."""
    if not 0 <= share <= 100:
        raise Refused("invalid_parameter", field="share", value=share, expected="0 to 100 per cent")
    if share:
        known(model)

    def change(now: SiteState) -> None:
        if share:
            _must_be_on(now, model)
        now.canary_model, now.canary_share = (model, share) if share else ("", 0)

    _change(change)


def announce(words: str, begin: datetime | None = None, end: datetime | None = None) -> None:
    """Shows a sentence on every page of the site between these times; "" takes it down."""
    if begin and end and end <= begin:
        raise Refused(
            "invalid_parameter", field="until", value=f"{end:%d %b %H:%M}", expected="after the start"
        )

    def change(now: SiteState) -> None:
        now.notice, now.notice_from, now.notice_until = words, begin, end

    _change(change)


def known(model: str) -> None:
    """Refused: unknown_model, custom_model_invalid."""
    with refusing(RegistryError):
        if model != AUTO:
            catalogue.find(model, settings.MODELS_DIR)


def _default(now: SiteState) -> str:
    return str(now.default_model or settings.DEFAULT_MODEL)


def _must_be_on(now: SiteState, model: str) -> None:
    if model in now.models_off:
        raise Refused("model_off", model=model, reason=now.models_off[model])


@transaction.atomic
def _change(change: Callable[[SiteState], None]) -> None:
    """Under the row's lock, so that two operators at once lose nothing of each other."""
    SiteState.objects.get_or_create(pk=1)
    now = SiteState.objects.select_for_update().get(pk=1)
    change(now)
    now.save()
