"""The operators' log as a page: read, filtered, exported; nobody changes or deletes a row, whatever their rights."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, StreamingHttpResponse
from unfold.decorators import action, display

from accounts.billing_admin import ReadOnly
from accounts.filters import since
from accounts.models import AuditEntry
from accounts.reasons import tame

HEADERS = ["at", "who", "did", "kind", "id", "what", "why"]


class Kind(admin.SimpleListFilter):
    title = "what it was done to"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(KINDS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


KINDS = {
    "user": "users",
    "job": "jobs",
    "apikey": "keys",
    "payment": "payments",
    "site": "the site",
    "model": "models",
}


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ("at", "actor_name", "verb", "thing", "detail", "reason")
    list_filter = (since("at"), Kind)
    search_fields = ("actor_name", "subject", "reason")
    search_help_text = "Operator, id or reason"
    show_full_result_count = False
    actions_list = ("export_csv",)

    @display(description="to")
    def thing(self, entry: AuditEntry) -> str:
        return f"{entry.kind} {entry.subject}"

    @action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest) -> StreamingHttpResponse:
        answer = StreamingHttpResponse(_lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="operators-log.csv"'
        return answer


class _Echo:
    def write(self, text: str) -> str:
        return text


def _lines() -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADERS)
    for entry in AuditEntry.objects.iterator(chunk_size=2000):
        words = (entry.actor_name, entry.verb, entry.kind, entry.subject, entry.detail, entry.reason)
        yield writer.writerow([entry.at.isoformat(), *map(tame, words)])
