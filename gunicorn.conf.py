"""What gunicorn, which reads this file by itself, does with headers.

Bria's clients send their key as `api_token`. gunicorn drops names with an underscore, as `X_Forwarded_For` and
`X-Forwarded-For` would become the same variable; this one name is let through, from everybody, and no other.
"""

forwarder_headers = "API_TOKEN"
forwarded_allow_ips = "*"
# Nobody sets the scheme here: Django alone reads X-Forwarded-Proto, and only with BEHIND_PROXY.
secure_scheme_headers: dict[str, str] = {}
