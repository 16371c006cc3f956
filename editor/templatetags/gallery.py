"""Times as a small cell can say them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def shortest(words: str) -> str:
    """2 weeks, 3 days -> 2 weeks"""
    return words.partition(",")[0]


@register.filter
def is_soon(moment: datetime | None, days: int) -> bool:
    return moment is not None and moment - timezone.now() < timedelta(days=days)
