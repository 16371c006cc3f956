"""Buying, by Stripe."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from bgsite.env import env_bool, env_int, env_key, env_list, env_str

# --- Billing: without a key the pages say that it is off, and operators grant credits ---------------------------
# The key decides between Stripe's sandbox and live; what was bought in the other one does not count.
STRIPE_SECRET_KEY = env_key("STRIPE_SECRET_KEY", ("sk_test_", "rk_test_", "sk_live_", "rk_live_"))
STRIPE_LIVE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_WEBHOOK_SECRET = env_key("STRIPE_WEBHOOK_SECRET", ("whsec_",))
STRIPE_API_BASE = env_str("STRIPE_API_BASE").rstrip("/")  # a stand-in for Stripe, in tests
# Ids of prices at Stripe: the first of a list is sold, the others are known from earlier.
STRIPE_PRICES = {
    name: env_list(f"STRIPE_PRICE_{name.upper()}", [])
    for name in ("pro", "business", "pack_100", "pack_500", "pack_2000")
}
STRIPE_TAX = env_bool("STRIPE_TAX", False)  # Stripe Tax has to be set up there first
STRIPE_PAGES = env_list("STRIPE_PAGES", ["https://checkout.stripe.com", "https://billing.stripe.com"])
PAYMENT_GRACE = timedelta(
    days=env_int("PAYMENT_GRACE_DAYS", 7, 0, 90)
)  # a late payment keeps the plan so long
TERMS_URL = env_str("TERMS_URL")  # the operator's terms of sale, with what the law asks for
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRET:
    raise ImproperlyConfigured("STRIPE_SECRET_KEY is set, so STRIPE_WEBHOOK_SECRET must be set too.")
if STRIPE_API_BASE and STRIPE_LIVE:
    raise ImproperlyConfigured("STRIPE_API_BASE is for tests; it cannot be set together with a live key.")
