"""What no package does for us between the server and the views."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from processing import log_context

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNTOLD = {"/healthz", "/readyz", "/metrics"}
access = logging.getLogger("access")
Respond = Callable[[HttpRequest], HttpResponse]

# Unfold's pages carry inline scripts and styles and evaluate expressions; nothing may come from elsewhere even so.
OPERATORS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)

# What no page of ours asks a browser for, and who else may show what we serve: nobody.
FEATURES = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), "
    "payment=(), usb=()"
)
ALWAYS = {"Permissions-Policy": FEATURES, "Cross-Origin-Resource-Policy": "same-origin"}


def always(respond: Respond) -> Respond:
    """Headers of every answer, static files included, that Django's own middleware does not know."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


class RequestTrail:
    """Names each request in the log and in its answer: as the proxy or program did (X-Request-ID), else by chance.
    What is logged meanwhile is about the job that the address names, or that was accepted."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.monotonic()
        with log_context.about(request=name):
            response = self.respond(request)
            _log_access(request, response, time.monotonic() - began)
        response.headers["X-Request-ID"] = name
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> None:
        if "job_id" in kwargs:
            log_context.note(job=kwargs["job_id"])


def _log_access(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """The pattern and not the path: paths hold secrets (shares, passwords to reset) and names of files. Nothing for
    static files and for signs of life."""
    match = request.resolver_match
    if not settings.ACCESS_LOG or (match is None and response.status_code == 200):
        return
    route = f"/{match.route}" if match else "-"
    if route in UNTOLD:
        return
    facts = {"method": request.method, "route": route, "status": response.status_code,
             "seconds": round(seconds, 3)}  # fmt: skip
    access.info("%s %s %s in %.3f s", *facts.values(), extra=facts)


def operators_policy(respond: Respond) -> Respond:
    """Gives the operators' pages, which settings take out of the strict policy, one of their own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if request.path.startswith("/admin/"):
            response.headers.setdefault("Content-Security-Policy", OPERATORS_POLICY)
        return response

    return middleware


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether an operator has none although this site demands one."""
    user = request.user
    return bool(
        settings.OPERATOR_MFA and user.is_authenticated and user.is_staff and not is_mfa_enabled(user)
    )


def second_factor(respond: Respond) -> Respond:
    """Opens the operators' pages to those alone who sign in with a second factor, and leads the others to it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            request.path.startswith("/admin/")
            and request.path != "/admin/logout/"
            and lacks_second_factor(request)
        ):
            messages.warning(request, "Operators need a second factor. Set it up here, and the pages open.")
            return redirect("mfa_activate_totp")
        return respond(request)

    return middleware
