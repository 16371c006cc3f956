"""Operators' pages of workers; processing.job_admin has those of jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from processing import job_admin as job_admin
from processing import jobs
from processing.models import Worker


@admin.register(Worker)
class WorkerAdmin(ModelAdmin):
    list_display = ("name", "state", "model", "device", "queues", "seen", "started")
    ordering = ("-seen",)
    actions = None

    @display(description="state", label={"alive": "success", "silent": "danger"})
    def state(self, worker: Worker) -> str:
        return "alive" if worker.seen >= timezone.now() - jobs.WORKER_SILENCE else "silent"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
