"""For views that answer the scripts of a page about one's own job: refusals become JSON, floods have to wait."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase

from accounts import limits
from accounts.plans import Rate
from editor import responses
from editor.owned import job_or_404
from processing.errors import Refused, refusing

Answer = Callable[..., HttpResponseBase]  # of the request, the job, and what else the address says


def own(rate: Rate | None = None) -> Callable[[Answer], Answer]:
    """The view for one's own job; refusals become JSON with their status, and floods are told to wait."""

    def decorated(view: Answer) -> Answer:
        @wraps(view)
        def guarded(request: HttpRequest, job_id: uuid.UUID, **more: int) -> HttpResponseBase:
            job = job_or_404(request, job_id)
            try:
                with refusing(limits.TooManyRequests, limits.LimiterAway):
                    if rate:
                        limits.hit_all(limits.rough(), f"{view.__name__}:{job.owner_id}", (rate,))
                return view(request, job, **more)
            except Refused as refusal:
                return responses.refusal_json(refusal)

        return guarded

    return decorated
