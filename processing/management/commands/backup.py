"""`manage.py backup DIR`: the database and every file into a folder, while the site goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from accounts import encryption
from processing.backup import manifest, rows, stored
from processing.backup.manifest import Manifest


class Command(BaseCommand):
    help = (
        "Copies the database and every file into a new folder, with checksums. The site may go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="is made; it must not hold anything")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "files").mkdir()
        created = timezone.now().isoformat(timespec="seconds")
        # Rows first: what is deleted between the two halves is a file less, and never a file without its row's data.
        tables, parts = rows.save(folder)
        made = Manifest(created, connection.vendor, tables, rows.migrations(), parts)
        made.secret = encryption.which(settings.SECRET_KEY)
        made.files, made.bytes = stored.save(folder)
        manifest.write(folder, made)
        self.stdout.write(
            f"{sum(tables.values())} rows and {made.files} files ({made.bytes} bytes) are in {folder}."
        )
        for line in stored.report({kept.name for kept in manifest.files(folder)}).lines():
            self.stdout.write(line)
        self.stdout.write(
            "SECRET_KEY is not in it: keep a copy of that elsewhere (without SECRET_KEY in the environment it is "
            f"{settings.DATA_DIR / 'secret_key'}). Without it, keys of providers and secrets of webhooks stay sealed."
        )
