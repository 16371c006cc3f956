"""Operators' pages for jobs and workers. Rows are read here; what changes them are the verbs of processing.jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from accounts.models import User
from processing import jobs
from processing.errors import Refused
from processing.models import Job, Worker


class ReadOnly(ModelAdmin):
    """Shown, and changed by verbs alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("name", "owner", "state", "model", "attempt", "created", "took", "error_code")
    list_filter = ("status", "model", "error_code")
    search_fields = ("id", "name", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "created"
    ordering = ("-created",)
    view_on_site = False  # the page is its owner's alone
    actions = ("try_again", "cancel_waiting", "delete_with_files")

    @display(
        description="state",
        ordering="status",
        label={"done": "success", "failed": "danger", "running": "info", "waiting": "warning"},
    )
    def state(self, job: Job) -> str:
        return str(job.get_status_display())

    @display(description="seconds")
    def took(self, job: Job) -> str:
        if not (job.started and job.finished):
            return "–"
        return f"{(job.finished - job.started).total_seconds():.1f}"

    @action(description="Try again (a new job)", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, jobs.retry, "waiting again")

    @action(description="Cancel", permissions=["change"])
    def cancel_waiting(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, jobs.cancel, "cancelled")

    @action(description="Delete with all files", permissions=["erase"])
    def delete_with_files(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, jobs.delete, "deleted")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.has_perm("processing.delete_job")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Job], verb: Callable[[Job], object], done: str
    ) -> None:
        """Every job by itself: one that refuses does not hold up the others."""
        count = 0
        for job in queryset.select_related("source", "owner"):
            try:
                verb(job)
                self.log_change(request, job, done.capitalize())
                count += 1
            except Refused as refusal:
                messages.error(request, f"{job.name}: {refusal}")
        if count:
            messages.success(request, f"{count} {'job is' if count == 1 else 'jobs are'} {done}.")


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    list_display = ("name", "state", "seen", "started")
    ordering = ("-seen",)
    actions = None

    @display(description="state", label={"alive": "success", "silent": "danger"})
    def state(self, worker: Worker) -> str:
        return "alive" if worker.seen >= timezone.now() - jobs.WORKER_SILENCE else "silent"


@admin.register(LogEntry)
class LogAdmin(ReadOnly):
    """What operators did. Nobody changes or deletes it here, whatever their rights."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("action_time", "content_type")
    search_fields = ("user__email", "object_repr", "change_message")
    list_select_related = ("user", "content_type")
    ordering = ("-action_time",)
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
