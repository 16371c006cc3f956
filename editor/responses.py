"""How pages answer: JSON to programs that ask for it, pages to people; a refusal with its own status in both."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from processing.errors import Refused


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def refused(request: HttpRequest, refusal: Refused, template: str = "errors/refused.html") -> HttpResponse:
    if wants_json(request):
        return refusal_json(refusal)
    return render(request, template, {"refusal": refusal}, status=refusal.status)


def refusal_json(refusal: Refused, field: str = "") -> JsonResponse:
    """`field` is where in a form the reason is to be shown."""
    body = {"code": refusal.code, "title": refusal.title, "detail": str(refusal)}
    if field:
        body["field"] = field
    return JsonResponse(body, status=refusal.status)
