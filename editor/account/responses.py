"""How pages of the account answer: a part of the page to HTMX, the page itself to everybody else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User


def is_fragment(request: HttpRequest) -> bool:
    return request.META.get("HTTP_HX_REQUEST") == "true"


def answer(
    request: HttpRequest, page: str, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """`page` includes `part`; both are templates below accounts/."""
    return render(request, f"accounts/{part if is_fragment(request) else page}.html", context, status=status)


def sent_to(address: str) -> HttpResponse:
    """HTMX leaves the page for this address."""
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def person(request: HttpRequest) -> User:
    """Whoever is signed in; the views that ask have made sure."""
    assert isinstance(request.user, User)
    return request.user
