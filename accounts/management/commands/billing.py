"""manage.py billing reconcile: compares with Stripe and repairs; billing check: are the settings good for selling?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import billing, reconcile
from accounts.money import money
from accounts.products import PRODUCTS, Product, of_price


class Command(BaseCommand):
    help = "Compares payments and plans with Stripe and repairs them; checks the settings of billing."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("check", help="ask Stripe for every price of the settings")
        compare = verbs.add_parser("reconcile", help="compare everything with Stripe, and repair it")
        compare.add_argument("--dry-run", action="store_true", help="only say what differs")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if not billing.is_on():
            raise CommandError("Billing is off: STRIPE_SECRET_KEY is not set.")
        try:
            self.check_settings() if verb == "check" else self.reconcile(repair=not options["dry_run"])
        except billing.Unavailable:
            raise CommandError("Stripe does not answer, or refuses the key; the log says which.") from None

    def reconcile(self, repair: bool) -> None:
        differences = 0
        for difference in reconcile.reconcile(repair):
            differences += 1
            self.stdout.write(difference)
        for user in reconcile.unbalanced():
            self.stderr.write(f"{user}: the balance is not the sum of the ledger's entries")
        done = "repaired" if repair else "found"
        self.stdout.write(f"{differences} difference{'' if differences == 1 else 's'} {done}.")

    def check_settings(self) -> None:
        self.stdout.write(f"Mode: {'live' if settings.STRIPE_LIVE else 'test'}")
        wrong = [name for name, product in PRODUCTS.items() if product.price and not self.says(product)]
        if wrong:
            raise CommandError(f"Not good for selling: {', '.join(wrong)}.")

    def says(self, product: Product) -> bool:
        """Prints what a product costs; False when its price cannot be used for it."""
        try:
            price = billing.fetch("prices", product.price)
        except billing.Missing:
            self.stderr.write(f"{product.name}: Stripe knows no price {product.price} in this mode")
            return False
        recurring = price.get("recurring") or {}
        monthly = (recurring.get("interval"), recurring.get("interval_count")) == ("month", 1)
        good = monthly if product.is_plan else not recurring
        wanted = "once a month" if product.is_plan else "once"
        self.stdout.write(f"{product.name}: {money(price['unit_amount'] or 0, price['currency'])}")
        if not good or of_price(product.price) is not product:
            self.stderr.write(
                f"{product.name}: {product.price} must be charged {wanted}, and be of one product"
            )
            return False
        return True
