"""How pages answer: JSON to programs that ask for it, pages to people; a refusal with its own status in both."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header

from editor.gallery import Query
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


def back_to_gallery(request: HttpRequest) -> HttpResponse:
    """The gallery as it was searched when the form was sent: a form says so in `back`."""
    query = Query.parse(QueryDict(request.POST.get("back", "")[:2000].removeprefix("?")))
    return redirect(reverse("editor:gallery") + query.address())


def refused_in_gallery(request: HttpRequest, refusal: Refused) -> HttpResponse:
    if wants_json(request):
        return refusal_json(refusal)
    messages.error(request, str(refusal))
    return back_to_gallery(request)


def streamed(content: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    """A file that is made while it is sent."""
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
