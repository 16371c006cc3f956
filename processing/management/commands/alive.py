"""`manage.py alive`: whether a worker of this machine gives its sign of life, for the health checks of containers."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models.functions import Now

from processing.models import Worker

SILENCE = timedelta(seconds=60)


class Command(BaseCommand):
    help = "Ends with 0 if a worker of this machine was alive within the last minute, else with 1."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        mine = Worker.objects.filter(name__startswith=f"{socket.gethostname()}-")
        if not mine.filter(seen__gte=Now() - SILENCE).exists():
            raise CommandError("No worker of this machine has given a sign of life within the last minute.")
