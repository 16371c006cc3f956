"""The database's half: one moment of it, while the site goes on; no program beside this one is needed.

SQLite is copied by its own online backup. PostgreSQL's tables are read by COPY in one transaction of REPEATABLE READ,
and come back in one transaction, in which foreign keys are looked at when it ends (Django's are all deferred).
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from processing.backup.manifest import CHUNK, Unusable, sha256_of

FILE = "database.sqlite3"
MIGRATIONS = "django_migrations"


def tables() -> list[str]:
    """Every table that a model has, and that of the migrations."""
    return sorted(
        {*connection.introspection.django_table_names(only_existing=True, include_views=False), MIGRATIONS}
    )


def counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def migrations() -> dict[str, str]:
    """The last migration of each app."""
    applied = MigrationRecorder(connection).migration_qs.order_by("pk").values_list("app", "name")
    return dict(applied)


def save(folder: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Writes the copy; (rows of each table, SHA-256 of each file)."""
    rows = _save_sqlite(folder) if connection.vendor == "sqlite" else _save_postgresql(folder)
    return rows, {str(path.relative_to(folder)): sha256_of(path) for path in _parts(folder)}


def load(folder: Path, wanted: dict[str, str]) -> None:
    """Puts the copy in the place of whatever the database holds. `wanted`: the migrations of the copy."""
    known = MigrationLoader(None).disk_migrations
    if unknown := [f"{app}.{name}" for app, name in wanted.items() if (app, name) not in known]:
        raise Unusable(f"The backup is of a newer version, which has the migration {unknown[0]}.")
    if connection.vendor == "sqlite":
        _load_sqlite(folder)
    else:
        _migrate_to(wanted)
        _load_postgresql(folder)
    call_command("migrate", verbosity=0, interactive=False)


def _parts(folder: Path) -> list[Path]:
    return [path for path in (folder / FILE, *sorted((folder / "tables").glob("*"))) if path.exists()]


def _save_sqlite(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / FILE)) as copy:
        _raw().backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        names = tables()
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608


def _load_sqlite(folder: Path) -> None:
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro&immutable=1", uri=True)) as copy:
        copy.backup(_raw())
    connection.close()


def _raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def _save_postgresql(folder: Path) -> dict[str, int]:
    (folder / "tables").mkdir()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in tables():
            _copy_out(cursor, table, folder / "tables" / f"{table}.gz")
        return counts()


def _copy_out(cursor: Any, table: str, path: Path) -> None:
    with (
        gzip.open(path, "wb", compresslevel=1) as file,
        cursor.copy(f"COPY {_named(cursor, table)} TO STDOUT") as data,
    ):
        for chunk in data:
            file.write(bytes(chunk))


def _named(cursor: Any, table: str) -> str:
    """The table with its columns by name: their order may be another one where it comes back."""
    columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
    quote = connection.ops.quote_name
    return f"{quote(table)} ({', '.join(quote(column) for column in sorted(columns))})"


def _migrate_to(wanted: dict[str, str]) -> None:
    """The tables as they were when the copy was made."""
    now = migrations() if MIGRATIONS in connection.introspection.table_names() else {}
    if now and now != wanted:
        raise Unusable(
            "The database has tables of another version than the backup. Restore into an empty database."
        )
    if now:
        return
    # Not by the command, which fills tables (roles, permissions) as soon as the first app has its own: all rows come
    # from the backup.
    MigrationExecutor(connection).migrate(list(wanted.items()))


def _load_postgresql(folder: Path) -> None:
    quote = connection.ops.quote_name
    names = [path.name.removesuffix(".gz") for path in sorted((folder / "tables").glob("*.gz"))]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(quote(name) for name in names)} RESTART IDENTITY")
        for name in names:
            _copy_in(cursor, name, folder / "tables" / f"{name}.gz")
        for name in names:
            _go_on_counting(cursor, name)


def _copy_in(cursor: Any, table: str, path: Path) -> None:
    with gzip.open(path, "rb") as file, cursor.copy(f"COPY {_named(cursor, table)} FROM STDIN") as data:
        while chunk := file.read(CHUNK):
            data.write(chunk)


def _go_on_counting(cursor: Any, table: str) -> None:
    for sequence in connection.introspection.get_sequences(cursor, table):
        column, name = sequence["column"], connection.ops.quote_name(table)
        at = f"coalesce((SELECT max({connection.ops.quote_name(column)}) FROM {name}), 0) + 1"  # noqa: S608
        cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, %s), {at}, false)", [name, column])
