"""The operators' pages."""

from __future__ import annotations

from django.urls import reverse_lazy

from bgsite.env import env_float, env_str
from bgsite.settings.base import SITE_NAME
from bgsite.settings.stores import STATIC_URL

# --- Figures ---------------------------------------------------------------------------------------------
COST_PER_CORE_HOUR = env_float("COST_PER_CORE_HOUR", 0.05, 0, 1000)  # US dollars
METRICS_TOKEN = env_str("METRICS_TOKEN")  # for /metrics; empty: operators who are signed in alone

# --- Admin -----------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_URL": "/",
    "SITE_ICON": f"{STATIC_URL}img/mark.svg",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}img/mark.svg"}],
    "SHOW_HISTORY": True,
    "STYLES": [f"{STATIC_URL}css/operators.css"],
    "DASHBOARD_CALLBACK": "bgsite.dashboard.pages.callback",
    "COLORS": {
        # The amber of tokens.css, from light to dark.
        "primary": {
            "50": "oklch(98% 0.02 85)",
            "100": "oklch(95.5% 0.05 85)",
            "200": "oklch(91.5% 0.09 84)",
            "300": "oklch(87% 0.13 83)",
            "400": "oklch(82% 0.155 79)",
            "500": "oklch(74% 0.15 74)",
            "600": "oklch(53% 0.115 66)",
            "700": "oklch(47% 0.1 64)",
            "800": "oklch(40% 0.08 62)",
            "900": "oklch(34% 0.065 60)",
            "950": "oklch(25% 0.05 60)",
        }
    },
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Work",
                "items": [
                    {"title": "Figures", "icon": "monitoring", "link": reverse_lazy("admin:index")},
                    {
                        "title": "Jobs",
                        "icon": "photo_library",
                        "link": reverse_lazy("admin:processing_job_changelist"),
                    },
                    {
                        "title": "Doubtful results",
                        "icon": "troubleshoot",
                        "link": reverse_lazy("admin:processing_doubtful_changelist"),
                    },
                    {"title": "Switches", "icon": "toggle_on", "link": reverse_lazy("operators_switches")},
                    {
                        "title": "Workers",
                        "icon": "memory",
                        "link": reverse_lazy("admin:processing_worker_changelist"),
                    },
                ],
            },
            {
                "title": "Accounts",
                "items": [
                    {
                        "title": "Users",
                        "icon": "person",
                        "link": reverse_lazy("admin:accounts_user_changelist"),
                    },
                    {
                        "title": "Keys",
                        "icon": "key",
                        "link": reverse_lazy("admin:accounts_apikey_changelist"),
                    },
                    {
                        "title": "Ledger",
                        "icon": "receipt_long",
                        "link": reverse_lazy("admin:accounts_creditentry_changelist"),
                    },
                ],
            },
            {
                "title": "Money",
                "items": [
                    {
                        "title": "Payments",
                        "icon": "payments",
                        "link": reverse_lazy("admin:accounts_payment_changelist"),
                    },
                    {
                        "title": "Subscriptions",
                        "icon": "autorenew",
                        "link": reverse_lazy("admin:accounts_subscription_changelist"),
                    },
                    {
                        "title": "Debts",
                        "icon": "money_off",
                        "link": reverse_lazy("admin:accounts_creditdebt_changelist"),
                    },
                    {
                        "title": "Events",
                        "icon": "bolt",
                        "link": reverse_lazy("admin:accounts_stripeevent_changelist"),
                    },
                ],
            },
            {
                "title": "Operators",
                "items": [
                    {
                        "title": "Operators' log",
                        "icon": "history",
                        "link": reverse_lazy("admin:accounts_auditentry_changelist"),
                    },
                ],
            },
        ]
    },
}
