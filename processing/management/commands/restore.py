"""`manage.py restore DIR`: what `backup` wrote, in the place of what is here. Web and workers are stopped before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from accounts import encryption
from processing import jobs, storage
from processing.backup import manifest, rows, stored
from processing.backup.manifest import Unusable


class Command(BaseCommand):
    help = "Checks a backup, then puts its database and files in the place of those that are here."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="as `manage.py backup` made it")
        parser.add_argument(
            "--force", action="store_true", help="even if there are users here, or workers at work"
        )

    def handle(self, *args: Any, folder: Path, force: bool, **options: Any) -> None:
        try:
            found = manifest.read(folder)
            self._check(found.database, force)
            rows.load(folder, found.migrations)
            stored.load(folder)
        except Unusable as unusable:
            raise CommandError(str(unusable)) from None
        there = rows.counts()
        differs = [name for name, count in found.tables.items() if there.get(name) != count]
        # Migrations that are newer than the backup may have written rows of their own.
        if differs and found.migrations == rows.migrations():
            raise CommandError(f"Not as many rows as in the backup: {', '.join(differs)}.")
        self.stdout.write(
            f"{sum(found.tables.values())} rows and {found.files} files of {found.created} are back."
        )
        for line in stored.report(set(storage.names_under("u"))).lines():
            self.stdout.write(line)
        known = {encryption.which(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}
        if found.secret and found.secret not in known:
            self.stderr.write(
                "SECRET_KEY is another one than where the backup was made: keys of providers and secrets of webhooks "
                "cannot be opened. Put the old one back before you start (or add it to SECRET_KEY_FALLBACKS)."
            )

    def _check(self, database: str, force: bool) -> None:
        if database != connection.vendor:
            raise Unusable(f"The backup is of {database}, and the database here is {connection.vendor}.")
        if force or "accounts_user" not in connection.introspection.table_names():
            return
        if jobs.workers_alive():
            raise Unusable("Workers are at work here: stop them first, or say --force.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM processing_job")
            if cursor.fetchone()[0]:
                raise Unusable(
                    "There are jobs here already, which would be lost. Say --force if that is meant."
                )
