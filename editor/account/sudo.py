"""Before what could lock somebody out or let somebody in: are you the one who signed in?

A sign-in or a confirmation of the last minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT) is taken; else the password or a
code is asked for, and what was sent is done afterwards, so that nothing has to be typed twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows import reauthentication
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from editor.account.responses import is_fragment, sent_to

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """As login_required; a part of a page that has lost its session takes the whole page to sign in."""
    usual = login_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if is_fragment(request) and not request.user.is_authenticated:
            page = urlsplit(request.headers.get("HX-Current-URL", "")).path or reverse("account:profile")
            return sent_to(redirect_to_login(page).url)
        return usual(request, *args, **kwargs)

    return guarded


def sudo(view: View) -> View:
    """Signed in, and proved lately; a request of HTMX is sent away as a whole page."""

    @never_cache
    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if proved(request):
            return view(request, *args, **kwargs)
        if not is_fragment(request):
            raise ReauthenticationRequired
        return _put_off(request)

    return guarded


def sudo_to_send(view: View) -> View:
    """The page may be looked at; what is sent has to be proved."""

    @never_cache
    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return (sudo(view) if request.method == "POST" else view)(request, *args, **kwargs)

    return guarded


def sent_from(page: str) -> Callable[[View], View]:
    """For addresses that only take what a page sends: whoever merely opens one comes to that page."""

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            return view(request, *args, **kwargs) if request.method == "POST" else redirect(page)

        return guarded

    return decorated


def proved(request: HttpRequest) -> bool:
    if not reauthentication.is_reauthentication_required(request, app="accounts"):
        return True
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record["at"] > since for record in get_authentication_records(request, request.user))


def _put_off(request: HttpRequest) -> HttpResponseBase:
    """Keeps what HTMX sent, as if the page itself had sent it, for after the confirmation."""
    request.META = {name: value for name, value in request.META.items() if not name.startswith("HTTP_HX_")}
    methods = get_adapter().get_reauthentication_methods(request.user)
    return sent_to(reauthentication.suspend_request(request, methods[0]["url"]).url)
