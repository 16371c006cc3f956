"""The operators' log without the people it is about: who did what to which row, and when, stays."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save

from accounts import audit
from accounts.models import User
from processing.models import Batch, Job

NAMED_BY_PEOPLE = (
    Job,
    Batch,
)  # their names are what people called their files, and they go before their owner


def forget(owner: User) -> None:
    """Takes e-mail address and operators' words out of what was done to this user and what is theirs."""
    ids_of: dict[str, Any] = {
        "job": owner.jobs,
        "batch": owner.batches,
        "apikey": owner.api_keys,
        "payment": owner.payments,
    }
    audit.forget(
        owner, {kind: [str(pk) for pk in rows.values_list("pk", flat=True)] for kind, rows in ids_of.items()}
    )
    about = f"erased user {owner.pk}"
    _entries(User, [str(owner.pk)]).update(object_repr=about, change_message="")
    for jobs in (owner.jobs, owner.batches):
        ids = [str(pk) for pk in jobs.values_list("pk", flat=True)]
        _entries(jobs.model, ids).update(change_message="")


def _entries(model: type[Model], ids: list[str]) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)


def _without_names(sender: Any, instance: LogEntry, **kwargs: object) -> None:
    model = instance.content_type.model_class() if instance.content_type else None
    if model in NAMED_BY_PEOPLE:
        instance.object_repr = f"{model._meta.verbose_name} {instance.object_id}"[:200]


def connect() -> None:
    pre_save.connect(_without_names, LogEntry, dispatch_uid="log_without_names")
