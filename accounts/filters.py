"""Filters that the operators' lists share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

HOURS = (("1", "last hour"), ("24", "24 hours"), ("168", "7 days"), ("720", "30 days"), ("8760", "a year"))


def since(field: str) -> type[admin.SimpleListFilter]:
    """Rows of which the time in `field` is not longer ago than was chosen."""

    class Since(admin.SimpleListFilter):
        title = "time"
        parameter_name = "since"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return list(HOURS)

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            hours = self.value()
            if hours not in dict(HOURS):
                return queryset
            return queryset.filter(**{f"{field}__gte": timezone.now() - timedelta(hours=int(hours))})

    return Since
