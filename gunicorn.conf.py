"""What gunicorn reads by itself when it starts here.

Bria's clients send their key as `api_token`. gunicorn drops names with an underscore, as `X_Forwarded_For` and
`X-Forwarded-For` would become the same variable; this one name is let through, from everybody, and no other.
"""

import os
import sys
from pathlib import Path
from typing import Any

# gunicorn's command adds this folder later than its log needs it.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from bgsite.env import env_choice

forwarder_headers = "API_TOKEN"
forwarded_allow_ips = "*"
# Nobody sets the scheme here: Django alone reads X-Forwarded-Proto, and only with BEHIND_PROXY.
secure_scheme_headers: dict[str, str] = {}

# What gunicorn itself says, in the format of all other lines. Requests have theirs from bgsite.middleware.
LOG_FORMAT = env_choice("LOG_FORMAT", "plain", ("plain", "json"))
if LOG_FORMAT == "json":
    logconfig_dict = {
        "formatters": {"json": {"()": "bgsite.logs.Json"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["console"]},
        "loggers": {
            name: {"level": level, "handlers": ["console"], "propagate": False, "qualname": name}
            for name, level in (("gunicorn.error", "INFO"), ("gunicorn.access", "ERROR"))
        },
    }


def post_fork(server: Any, worker: Any) -> None:
    """Three quarters of the threads may wait for results, which costs them nothing (processing.api.watch), so that
    the others serve pages; before settings are read."""
    os.environ.setdefault("API_WAITERS", str(max(1, worker.cfg.threads * 3 // 4)))


def post_worker_init(worker: Any) -> None:
    """The first preview of a recipe would wait half a second for what it loads; pages are answered meanwhile."""
    from processing import previews

    previews.warm_up()
