"""What gunicorn reads by itself when it starts here.

Bria's clients send their key as `api_token`. gunicorn drops names with an underscore, as `X_Forwarded_For` and
`X-Forwarded-For` would become the same variable; this one name is let through, from everybody, and no other.
"""

import os
from typing import Any

forwarder_headers = "API_TOKEN"
forwarded_allow_ips = "*"
# Nobody sets the scheme here: Django alone reads X-Forwarded-Proto, and only with BEHIND_PROXY.
secure_scheme_headers: dict[str, str] = {}


def post_fork(server: Any, worker: Any) -> None:
    """Three quarters of the threads may wait for results, which costs them nothing (processing.api.watch), so that
    the others serve pages; before settings are read."""
    os.environ.setdefault("API_WAITERS", str(max(1, worker.cfg.threads * 3 // 4)))
