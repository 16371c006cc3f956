"""Operators' pages for jobs. A job is its owner's: the pages show how it went; what it is called and shows, only to
those who said why they look (processing.support_access). What changes jobs are the verbs of processing.jobs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from unfold.decorators import action, display

from accounts import reasons
from accounts.dialogs import ReasonForm, back_to, dialog
from accounts.filters import since
from accounts.models import User
from accounts.paging import Estimated
from accounts.reasons import Audited, operator_of
from processing import job_filters, jobs, reviewing, support_access
from processing.errors import Refused
from processing.models import Doubtful, Job

STATES = {"done": "success", "failed": "danger", "running": "info", "waiting": "warning"}
FACTS = ("short", "owner", "state", "model", "queue", "attempt", "pixels", "cost", "confidence", "error_code",
         "created", "started", "finished", "expires")  # fmt: skip


class Jobs(Audited):
    """What the two lists of jobs share."""

    list_select_related = ("owner", "source")
    search_fields = ("id",)
    search_help_text = "The whole id of a job, or the beginning of its owner's address"
    show_full_result_count = False
    paginator = Estimated
    list_per_page = 50
    view_on_site = False  # the page is its owner's alone

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By index alone: an id, or the beginning of an address."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            owners = User.objects.filter(email__startswith=term.lower()).values("pk")[:200]
            return queryset.filter(owner__in=list(owners.values_list("pk", flat=True))), False

    @display(description="job", ordering="created")
    def short(self, job: Job) -> str:
        return str(job.pk)[:8]

    @display(description="state", label=STATES)
    def state(self, job: Job) -> str:
        return str(job.get_status_display())

    @display(description="seconds")
    def took(self, job: Job) -> str:
        if not (job.started and job.finished):
            return "–"
        return f"{(job.finished - job.started).total_seconds():.1f}"

    @display(description="pixels")
    def pixels(self, job: Job) -> str:
        return f"{job.source.width} × {job.source.height}"

    def each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        verb: Callable[[Any], object],
        done: str,
        reason: str,
    ) -> None:
        """Every job by itself: one that refuses does not hold up the others."""
        count = 0
        for job in queryset.select_related("source", "owner"):
            kept = Job(pk=job.pk, owner_id=job.owner_id)  # the id is in the log also when the row is gone
            try:
                with transaction.atomic():
                    verb(job)
                    self.audit(request, kept, done.capitalize(), reason=reason)
                count += 1
            except Refused as refusal:
                messages.error(request, f"{str(job.pk)[:8]}: {refusal}")
        if count:
            messages.success(request, f"{count} {'job is' if count == 1 else 'jobs are'} {done}.")


def reasoned(
    title: str, words: str, permission: str
) -> Callable[[Callable[..., tuple[Callable[[Job], object], str]]], Any]:
    """An action that asks why before it does something to each job."""

    def make(which: Callable[..., tuple[Callable[[Job], object], str]]) -> Any:
        def act(self: Jobs, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            reason = reasons.given(request)
            if not reason or queryset.count() > reasons.AT_ONCE:
                return reasons.ask(self, request, queryset, title, words)
            verb, done = which(self)
            self.each(request, queryset, verb, done, reason)
            return None

        act.__name__ = which.__name__
        return action(description=title, permissions=[permission])(act)

    return make


@admin.register(Job)
class JobAdmin(Jobs):
    list_display = ("short", "owner", "state", "model", "attempt", "pixels", "created", "took", "error_code")
    list_filter = (since("created"), "status", job_filters.Model, job_filters.Code)
    ordering = ("-created",)
    fields = readonly_fields = FACTS
    actions = ("try_again", "requeue", "cancel_waiting", "delete_with_files")
    actions_detail = ("look_into",)
    change_form_after_template = "admin/job_looked_into.html"

    @reasoned(
        "Try again",
        "Failed and cancelled ones are done once more, each as a new job at a new charge.",
        "change",
    )
    def try_again(self) -> tuple[Callable[[Job], object], str]:
        return jobs.retry, "waiting again"

    @reasoned("Put back into the queue", "Waiting ones come to its head. One that is worked on is taken from its "
              "worker, whose result is thrown away; the attempt counts.", "change")  # fmt: skip
    def requeue(self) -> tuple[Callable[[Job], object], str]:
        return jobs.requeue, "at the head of the queue"

    @reasoned("Cancel", "Those that wait are cancelled, and their credits go back.", "change")
    def cancel_waiting(self) -> tuple[Callable[[Job], object], str]:
        return jobs.cancel, "cancelled"

    @reasoned("Delete with all files", "Photo and results go for good. There is no way back.", "erase")
    def delete_with_files(self) -> tuple[Callable[[Job], object], str]:
        return jobs.delete, "deleted"

    def has_erase_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("processing.delete_job")

    def has_inspect_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("processing.inspect_job")

    @dialog(
        "Look into this job",
        "It shows what a person sent. You can look for half an hour; pictures stay hidden until you ask for each.",
        "Look",
        "inspect",
        label="Look into it",
    )
    def look_into(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        job = Job.objects.get(pk=object_id)
        with transaction.atomic():
            self.audit(request, job, "Looked into", reason=form.cleaned_data["reason"])
        support_access.begin(request, job)
        return back_to(self, object_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        facts = self._facts(request, object_id)
        shown: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | {"looked": facts}
        )
        return shown

    def _facts(self, request: HttpRequest, object_id: str) -> dict[str, Any] | None:
        """What is the owner's, for who may look at it now."""
        if not (self.has_inspect_permission(request) and support_access.is_open(request, object_id)):
            return None
        job = Job.objects.select_related("source").get(pk=object_id)
        return support_access.facts(job) | {"shown": request.GET.get("show", "")}

    def get_urls(self) -> list[URLPattern]:
        picture = path(
            "<path:object_id>/picture/<str:which>",
            self.admin_site.admin_view(self.picture),
            name="processing_job_picture",
        )
        return [picture, *super().get_urls()]

    @method_decorator(never_cache)
    def picture(self, request: HttpRequest, object_id: str, which: str) -> FileResponse:
        """The photo or its result, while the look is open; each time is kept in the log."""
        if not (self.has_inspect_permission(request) and support_access.is_open(request, object_id)):
            raise Http404
        job = Job.objects.select_related("source").get(pk=object_id)
        answer = support_access.picture(job, which)
        self.audit(request, job, "Saw", detail=which)
        return answer


@admin.register(Doubtful)
class DoubtfulAdmin(Jobs):
    """Results of which the model was not sure, the latest first, until somebody ticks them off."""

    list_display = ("short", "owner", "sure", "model", "pixels", "opinion", "finished")
    list_filter = (since("finished"), job_filters.Model)
    ordering = ("-finished",)
    actions = ("tick_off",)
    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operator_of(request).has_perm("processing.view_job")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_review_permission(self, request: HttpRequest) -> bool:
        return operator_of(request).has_perm("processing.review_job")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Doubtful.objects.waiting().prefetch_related("feedback")

    @display(description="sure", ordering="confidence")
    def sure(self, job: Job) -> str:
        return f"{job.confidence:.0%}"

    @display(description="its owner says", label={"good": "success", "not good": "danger"})
    def opinion(self, job: Any) -> str:
        said = list(job.feedback.all())
        return "–" if not said else "good" if said[-1].good else "not good"

    @display(description="job")
    def short(self, job: Job) -> Any:
        address = reverse("admin:processing_job_change", args=[job.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, str(job.pk)[:8])

    @action(description="Tick off: nothing more to do", permissions=["review"])
    def tick_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            ids = reviewing.tick_off(queryset)
            for pk in ids:
                self.audit(request, Job(pk=pk), "Reviewed")
        messages.success(request, f"{len(ids)} ticked off.")
