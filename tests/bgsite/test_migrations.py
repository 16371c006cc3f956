"""New migrations let the old version go on beside the new one (docs/deployment.md): nothing is taken away, nothing is
locked for long. What must be done all the same says why in the migration: `online = {"RunPython": "ten rows"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from bgsite.migrating import AddIndexOnline

OURS = {"accounts", "processing", "webhooks", "editor"}
FIRST_RELEASE = date(2026, 11, 27)  # what was made before it meets empty tables alone
MADE = re.compile(r"on (\d{4})-(\d\d)-(\d\d) ")

TAKES_AWAY = "the old version still uses it: stop using it in one release, remove it in the next"
LOCKS = "it locks the table while it looks at every row"
UNSAFE: dict[type, str] = {
    operations.RemoveField: TAKES_AWAY,
    operations.DeleteModel: TAKES_AWAY,
    operations.RenameField: TAKES_AWAY,
    operations.RenameModel: TAKES_AWAY,
    operations.AlterModelTable: TAKES_AWAY,
    operations.AlterField: f"{LOCKS}, if the type of the column changes",
    operations.AddConstraint: LOCKS,
    operations.AlterUniqueTogether: LOCKS,
    operations.AddIndex: f"{LOCKS}: use bgsite.migrating.AddIndexOnline",
    operations.RunPython: "it may touch every row in one transaction: do it in steps, after the release",
    operations.RunSQL: "nobody knows what it locks",
}


def objections(migration: Migration) -> Iterator[str]:
    """Why a migration must not meet a site that serves; nothing when it may."""
    excused = getattr(migration, "online", {})
    fresh = {each.name.lower() for each in migration.operations if isinstance(each, operations.CreateModel)}
    for operation in migration.operations:
        kind = type(operation).__name__
        if kind in excused or getattr(operation, "model_name", "").lower() in fresh:
            continue
        if isinstance(operation, AddIndexOnline):
            if migration.atomic:
                yield f"{kind}: the migration needs atomic = False"
        elif isinstance(operation, operations.AddField):
            if why := field_objection(operation.field):
                yield f"{kind} {operation.name}: {why}"
        elif type(operation) in UNSAFE:
            yield f"{kind}: {UNSAFE[type(operation)]}"


def field_objection(field: models.Field) -> str:
    if field.unique:
        return LOCKS
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "the old version's INSERTs know nothing of it: give it null=True or a db_default"


def is_old(migration: Migration) -> bool:
    path = Path(__import__(migration.__module__, fromlist=["Migration"]).__file__)
    found = MADE.search(path.read_text().partition("\n")[0])
    return bool(found) and date(*map(int, found.groups())) < FIRST_RELEASE


def test_every_new_migration_meets_a_site_that_serves() -> None:
    loader = MigrationLoader(None)
    ours = [each for (app, _), each in loader.disk_migrations.items() if app in OURS]
    assert len(ours) > 10
    found = {f"{each.app_label}.{each.name}": [*objections(each)] for each in ours if not is_old(each)}
    assert {name: why for name, why in found.items() if why} == {}


def made(*steps: operations.base.Operation, **facts: object) -> Migration:
    migration = Migration("0002", "processing")
    for name, value in {"operations": list(steps), **facts}.items():
        setattr(migration, name, value)
    return migration


PLAIN = models.IntegerField(default=0)
INDEX = models.Index(fields=["size"], name="by_size")


@pytest.mark.parametrize(
    "migration",
    [
        made(operations.AddField("job", "size", PLAIN)),
        made(operations.AddField("job", "size", models.IntegerField(null=True, unique=True))),
        made(operations.RemoveField("job", "size")),
        made(operations.RenameField("job", "size", "bytes")),
        made(operations.DeleteModel("job")),
        made(operations.AlterField("job", "size", models.TextField())),
        made(operations.AddIndex("job", INDEX)),
        made(AddIndexOnline("job", INDEX)),
        made(operations.AddConstraint("job", models.UniqueConstraint(fields=["size"], name="one"))),
        made(operations.RunPython(operations.RunPython.noop)),
        made(operations.RunSQL("SELECT 1")),
    ],
    ids=lambda each: type(each.operations[0]).__name__,
)
def test_what_stops_or_breaks_the_old_version_is_found(migration: Migration) -> None:
    assert len([*objections(migration)]) == 1


@pytest.mark.parametrize(
    "migration",
    [
        made(operations.AddField("job", "size", models.IntegerField(null=True))),
        made(operations.AddField("job", "size", models.IntegerField(default=0, db_default=0))),
        made(
            operations.CreateModel("Box", [("id", models.AutoField(primary_key=True))]),
            operations.AddIndex("box", INDEX),
        ),
        made(AddIndexOnline("job", INDEX), atomic=False),
        made(operations.RunPython(operations.RunPython.noop), online={"RunPython": "ten rows at most"}),
    ],
    ids=lambda each: type(each.operations[0]).__name__,
)
def test_what_lets_it_go_on_is_not(migration: Migration) -> None:
    assert [*objections(migration)] == []
