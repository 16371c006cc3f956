"""One's own keys for the services whose models run elsewhere: kept encrypted, replaced, forgotten, never shown."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts import provider_keys
from accounts.models import ProviderKey
from editor.account.forms import OwnProviderKey
from editor.account.responses import answer, person
from editor.account.sudo import sent_from, sudo, sudo_to_send

PROVIDERS = dict(ProviderKey.Provider.choices)


@require_safe
@sudo_to_send
def page(request: HttpRequest) -> HttpResponse:
    return _answer(request)


@sent_from("account:providers")
@sudo
def keep(request: HttpRequest, provider: str) -> HttpResponse:
    form = OwnProviderKey(request.POST, auto_id=f"id_{provider}_%s")
    if provider not in PROVIDERS:
        raise Http404
    if not form.is_valid():
        return _answer(request, provider, form, status=400)
    provider_keys.keep(person(request), provider, form.cleaned_data["key"])
    return _answer(request, done=f"Your key for {PROVIDERS[provider]} is kept, encrypted.")


@sent_from("account:providers")
@sudo
def forget(request: HttpRequest, provider: str) -> HttpResponse:
    if provider not in PROVIDERS:
        raise Http404
    there = provider_keys.remove(person(request), provider)
    words = f"Your key for {PROVIDERS[provider]} is forgotten." if there else "There was no key."
    return _answer(request, done=words)


def _answer(
    request: HttpRequest, wrong: str = "", form: OwnProviderKey | None = None, status: int = 200, **facts: Any
) -> HttpResponse:
    own = {key.provider: key for key in person(request).provider_keys.all()}
    rows = [
        {
            "provider": provider,
            "title": title,
            "kept": own.get(provider),
            "form": form if provider == wrong else OwnProviderKey(auto_id=f"id_{provider}_%s"),
        }
        for provider, title in PROVIDERS.items()
    ]
    return answer(request, "providers", "_providers", {"rows": rows, **facts}, status)
