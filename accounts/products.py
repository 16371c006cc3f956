"""What is sold: plans by the month and packs of credits. One literal table; what they cost is set at Stripe."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.plans import PLANS


@dataclass(frozen=True, slots=True)
class Product:
    """`credits` are whole credits: of a plan each month, of a pack once. Credits that are left stay."""

    name: str
    title: str
    credits: int
    is_plan: bool

    @property
    def price(self) -> str:
        """Stripe's id of the price it is sold at, "" when it is not sold here."""
        return next(iter(settings.STRIPE_PRICES.get(self.name, [])), "")


PRODUCTS: dict[str, Product] = {
    product.name: product
    for product in (
        *(Product(plan.name, plan.title, plan.credits, True) for plan in PLANS.values() if plan.credits),
        Product("pack_100", "100 credits", 100, False),
        Product("pack_500", "500 credits", 500, False),
        Product("pack_2000", "2,000 credits", 2000, False),
    )
}


def sold(is_plan: bool) -> list[Product]:
    """The plans or the packs that have a price."""
    return [product for product in PRODUCTS.values() if product.is_plan == is_plan and product.price]


def of_price(price: str) -> Product | None:
    """The product of one of Stripe's price ids, today's or an earlier one."""
    names = (name for name, prices in settings.STRIPE_PRICES.items() if price in prices)
    return PRODUCTS.get(next(names, ""))
