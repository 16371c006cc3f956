"""manage.py demo_data: a generated month, to look at the operators' pages with something in them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from editor.demo import opinions
from processing import demo
from processing.models import Job


class Command(BaseCommand):
    help = "Generates a month of users, jobs and payments. For a site that is empty: figures cannot be told apart."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=int, default=24, help="how many (default: %(default)s)")
        parser.add_argument(
            "--jobs", type=int, default=6000, help="how many over the month (default: %(default)s)"
        )
        parser.add_argument("--mix", action="store_true", help="also on a site that has jobs of its own")

    def handle(self, *args: Any, users: int, jobs: int, mix: bool, **options: Any) -> None:
        if users < 1 or jobs < 0:
            raise CommandError("--users must be at least 1, --jobs at least 0.")
        if User.objects.filter(email__startswith="demo-").exists():
            raise CommandError("The generated month is here already.")
        if Job.objects.exists() and not mix:
            raise CommandError("This site has jobs of its own. To mix them for good, say --mix.")
        demo.make(users, jobs)
        opinions()
        self.stdout.write(f"Made {users} users with {jobs} jobs over {demo.DAYS} days.")
