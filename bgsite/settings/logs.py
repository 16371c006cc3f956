"""What is written down, and what is told of errors."""

from __future__ import annotations

from bgsite import sentry
from bgsite.env import env_bool, env_choice, env_str

# --- Log -------------------------------------------------------------------------------------------------
LOG_FORMAT = env_choice("LOG_FORMAT", "plain", ("plain", "json"))
# A line for every request, in the same format; gunicorn's own would name addresses and secrets of paths.
ACCESS_LOG = env_bool("ACCESS_LOG", LOG_FORMAT == "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "bgsite.logs.Plain"}, "json": {"()": "bgsite.logs.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {
            "level": "CRITICAL"
        },  # scanners send them all day; they are refused
        "stripe": {"level": "WARNING"},
        "celery": {"level": "WARNING"},  # our own lines say more: each task is about a job
        # At DEBUG they tell every name and body that they send.
        **{name: {"level": "INFO"} for name in ("boto3", "botocore", "s3transfer", "urllib3", "redis")},
    },
}

# --- Errors ----------------------------------------------------------------------------------------------
SENTRY_DSN = env_str("SENTRY_DSN")  # empty: nothing is sent anywhere
if SENTRY_DSN:
    sentry.start(SENTRY_DSN)
