"""manage.py doctor: tests everything the product depends on, and says what to fix."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bgsite import doctor


class Command(BaseCommand):
    help = (
        "Tests database, broker, workers, storage, model, mail, Stripe and the ledger, and says what to fix."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        answers = doctor.ask()
        for answer in answers:
            style = self.style.SUCCESS if answer.good else self.style.ERROR
            self.stdout.write(
                f"{style('ok   ' if answer.good else 'WRONG')}  {answer.what:<9} {answer.words}"
            )
        wrong = sum(not answer.good for answer in answers)
        if wrong:
            raise CommandError(f"{wrong} of {len(answers)} are wrong.")
