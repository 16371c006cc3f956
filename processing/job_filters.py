"""Filters of the lists of jobs. None asks the table of jobs what values there are: that would read all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from processing.models import Tally


class _Tallied(admin.SimpleListFilter):
    """The values that were counted in the last month."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        month = Tally.objects.filter(hour__gte=timezone.now() - timedelta(days=30)).exclude(
            **{self.field: ""}
        )
        values = month.order_by(self.field).values_list(self.field, flat=True).distinct()
        return [(value, value) for value in values]


class Model(_Tallied):
    title = parameter_name = field = "model"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(model=self.value()) if self.value() else queryset


class Code(_Tallied):
    title = "why it failed"
    parameter_name = "error"
    field = "code"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(error_code=self.value()) if self.value() else queryset
