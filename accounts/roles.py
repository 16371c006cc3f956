"""Who may do what in the operators' pages, as one table. The owner is a superuser and may do everything.

A person gets a role when an owner makes them operator and puts them into the group of its name. The groups are made
anew after each `migrate`, so that they always say what is written here.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.db.models.signals import post_migrate

LOOK = (
    "processing.view_job processing.view_worker processing.view_tally processing.view_sitestate "
    "accounts.view_user accounts.view_creditentry accounts.view_creditdebt accounts.view_payment "
    "accounts.view_subscription accounts.view_stripeevent accounts.view_apikey"
).split()
HELP = "processing.change_job processing.inspect_job processing.review_job accounts.grant_credits".split()
RUN = (
    "processing.delete_job processing.change_sitestate accounts.suspend_user accounts.suspend_key "
    "accounts.refund_payment accounts.change_user accounts.view_auditentry"
).split()

ROLES: dict[str, list[str]] = {
    "viewer": LOOK,
    "support": LOOK + HELP,
    "operator": LOOK + HELP + RUN,
}


def make() -> None:
    for name, wanted in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))


def _permissions(names: list[str]) -> list[Permission]:
    found = Q()
    for name in names:
        app, _, codename = name.partition(".")
        found |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(found))


def _migrated(sender: Any, **kwargs: object) -> None:
    # Permissions of an app are made when its turn comes, and `processing` comes after the others of the table.
    if sender.name == "processing":
        make()


def connect() -> None:
    post_migrate.connect(_migrated, dispatch_uid="roles")
