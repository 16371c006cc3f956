"""Thumbs up or down for a result, with a reason: one word per person and photo, which may be changed."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from editor import result
from editor.models import Feedback
from editor.owned import job_or_404
from processing import jobs
from processing.errors import Refused
from processing.models import Job


class Opinion(forms.Form):
    good = forms.TypedChoiceField(
        choices=[("yes", "Good"), ("no", "Not good")], coerce=lambda word: word == "yes"
    )
    reason = forms.ChoiceField(choices=[("", ""), *list(Feedback.Reason.choices)], required=False)
    text = forms.CharField(max_length=500, required=False, strip=True)

    def said(self) -> dict[str, Any]:
        """Refused: invalid_parameter. A good result needs no reason."""
        if not self.is_valid():
            field = next(iter(self.errors))
            raise Refused("invalid_parameter", field=field, value="…", expected="one of the form's")
        found = self.cleaned_data
        return found | {"reason": "" if found["good"] else found["reason"]}


@require_POST
def say(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = job_or_404(request, job_id)
    try:
        if job.status != Job.Status.SUCCEEDED:
            raise jobs.not_ready_error(job)
        said = Opinion(request.POST).said() | {"model": job.made_by.get("model", job.model)}
    except Refused as refusal:
        return _answer(request, job, refusal)
    Feedback.objects.update_or_create(job=job, owner=job.owner, defaults=said)
    return _answer(request, job)


@require_POST
def take_back(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = job_or_404(request, job_id)
    Feedback.objects.filter(job=job, owner=job.owner).delete()
    return _answer(request, job)


def _answer(request: HttpRequest, job: Job, refusal: Refused | None = None) -> HttpResponse:
    if request.headers.get("HX-Request"):
        facts = {"job": job, "said_refusal": refusal, **result.feedback_context(job)}
        return render(request, "editor/_feedback.html", facts, status=refusal.status if refusal else 200)
    if refusal:
        messages.error(request, str(refusal))
    return redirect(f"{job.get_absolute_url()}#feedback")
