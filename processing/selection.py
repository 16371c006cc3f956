"""Which model a job may ask for, and under whose account a remote one runs. Light: the web process imports it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings

from accounts import provider_keys
from accounts.models import User
from processing import switches
from processing.errors import Refused, refusing
from processing.registry import catalogue
from processing.registry.choose import AUTO, Choice, choose
from processing.registry.errors import RegistryError
from processing.registry.licences import may_be_used
from processing.registry.remote.account import NAMES, PROVIDER_OF, RemoteAccount
from processing.registry.remote.errors import ProviderError
from processing.registry.specs import ModelSpec, get_spec, installed

# For each provider, the operator's settings: address, key, cost of a picture in US dollars.
SETTINGS = {
    "bria": ("BRIA_BASE_URL", "BRIA_API_TOKEN", "BRIA_COST_USD"),
    "removebg": ("REMOVEBG_BASE_URL", "REMOVEBG_API_KEY", "REMOVEBG_COST_USD"),
}


def check(model: str, owner: User, prompt: str = "none") -> None:
    """Refused unless a job of this owner may ask for this model, with this prompt of a recipe. Whether its weights
    are there is not asked: they may lie on the worker alone."""
    switches.check(model)
    with refusing(RegistryError):
        if model == AUTO:
            return
        spec = catalogue.find(model, settings.MODELS_DIR)
        may_be_used(spec, settings.BILLING, frozenset(settings.LICENCE_CONTRACTS))
    check_prompt(spec, prompt)
    if spec.is_remote and owner.is_guest:  # nobody knows who would spend the operator's money
        raise Refused("needs_account")
    if spec.is_remote and not has_account(spec, owner):
        raise Refused("provider_not_configured", provider=NAMES[PROVIDER_OF[spec.name]])


def check_prompt(spec: ModelSpec, prompt: str) -> None:
    """Refused: prompt_not_taken."""
    if prompt != "none" and not spec.takes_prompts:
        raise Refused("prompt_not_taken", model=spec.name)


def resolve(
    model: str, shows: Callable[[], str] | None = None, prompt: str = "none", on_site: bool = True
) -> Choice:
    """The model that a name stands for on this machine, with the reason where `auto` chose; RegistryError.

    `shows`, `prompt`: what the picture shows, and what is pointed at in it, which `auto` goes by (see choose).
    `on_site`: what operators switched off counts; without, no database is asked. Refused: prompt_not_taken.
    """
    if model == AUTO:
        off = switches.off() if on_site else {}
        usable = [spec for spec in installed(settings.MODELS_DIR) if spec.name not in off and _allowed(spec)]
        return choose(usable, shows, pointed=prompt != "none")
    spec = catalogue.find(model, settings.MODELS_DIR)
    check_prompt(spec, prompt)
    return Choice(spec, "")


def offers(owner: User | None = None) -> list[catalogue.Offer]:
    """Every model with whether this owner (or a program without one) can choose it here."""
    contracts, off = frozenset(settings.LICENCE_CONTRACTS), switches.off()
    found = catalogue.listing(settings.MODELS_DIR, settings.BILLING, contracts, _open_accounts(owner))
    return [replace(offer, why_not="model_off") if offer.spec.name in off else offer for offer in found]


def has_account(spec: ModelSpec, owner: User | None) -> bool:
    """Whether there is a key for this remote model, the owner's or the operator's."""
    provider = PROVIDER_OF[spec.name]
    own = owner is not None and provider_keys.has(owner, provider)
    return own or bool(getattr(settings, SETTINGS[provider][1]))


def account(spec: ModelSpec, owner: User | None) -> RemoteAccount:
    """The owner's own account with a remote model's provider, else the operator's.

    Refused: provider_not_configured, provider_key_unreadable (the operator does not pay for a user's lost key).
    """
    provider = PROVIDER_OF[spec.name]
    base_url, operators_key, cost = (getattr(settings, name) for name in SETTINGS[provider])
    with refusing(provider_keys.ProviderKeyUnreadable):
        own = provider_keys.opened(owner, provider) if owner is not None else ""
    if not own and not operators_key:
        raise Refused("provider_not_configured", provider=NAMES[provider])
    return RemoteAccount(
        base_url=base_url,
        key=own or operators_key,
        timeout=settings.REMOTE_TIMEOUT_SECONDS,
        cost=cost,
        paid_by="user" if own else "operator",
        download=lambda url, most: _download(NAMES[provider], url, most),
        sync=settings.BRIA_SYNC,
        size="full" if settings.REMOVEBG_SIZE == "full" else "auto",
    )


def _download(provider: str, url: str, most: int) -> bytes:
    """A result file from a public address; three tries, as it is paid for already."""
    from processing import fetch  # imports jobs, which import this module

    for tries_left in (2, 1, 0):
        try:
            return fetch.fetch_image(url, most).data
        except Refused as refusal:
            if refusal.code != "failed_image_download" or not tries_left:
                break
    raise ProviderError("provider_bad_answer", provider, "its result could not be loaded")


def _open_accounts(owner: User | None) -> frozenset[str]:
    return frozenset(name for name in PROVIDER_OF if has_account(get_spec(name), owner))


def _allowed(spec: ModelSpec) -> bool:
    try:
        may_be_used(spec, settings.BILLING, frozenset(settings.LICENCE_CONTRACTS))
    except RegistryError:
        return False
    return True
