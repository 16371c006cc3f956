"""The operators' log: written here alone, read on the operators' pages, never changed (accounts.audit_models)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.audit_models import AuditEntry
from accounts.models import User


def note(
    actor: User, verb: str, kind: str, subject: object, *, reason: str = "", detail: str = ""
) -> AuditEntry:
    """Written in the transaction of what is done, so that neither is there without the other."""
    return AuditEntry.objects.create(
        actor=actor, actor_name=actor.email, verb=verb, kind=kind, subject=str(subject)[:64],
        reason=reason[:300], detail=detail[:200],
    )  # fmt: skip


def forget(owner: User, subjects: dict[str, list[str]]) -> None:
    """Takes operators' words out of what was done to a person and what is theirs (ids by kind), and a person's
    address out of what they did. All else stays."""
    about = Q(kind="user", subject=str(owner.pk))
    for kind, ids in subjects.items():
        about |= Q(kind=kind, subject__in=ids)
    rows = AuditEntry._base_manager  # the database lets exactly this through
    rows.filter(about).exclude(reason="", detail="").update(reason="", detail="")
    rows.filter(actor=owner).update(actor=None, actor_name=f"erased user {owner.pk}")


def forget_old() -> int:
    """Deletes what is older than the operator wants it kept; returns how many."""
    old = timezone.now() - timedelta(days=settings.KEEP_AUDIT_DAYS)
    return AuditEntry._base_manager.filter(at__lt=old).delete()[0]
