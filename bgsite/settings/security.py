"""Cookies, proxies, and what browsers may load."""

from __future__ import annotations

from csp.constants import NONCE, NONE, SELF

from bgsite.env import env_bool, env_int, env_str
from bgsite.settings.base import is_https
from bgsite.settings.billing import STRIPE_PAGES, STRIPE_SECRET_KEY
from bgsite.settings.stores import S3_BUCKET, S3_PUBLIC_URL

# --- Security --------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = is_https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if is_https:  # no other host of the domain can set them, nor a page without TLS
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = env_bool("SSL_REDIRECT", is_https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 63_072_000 if is_https else 0, 0, 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
_behind_proxy = env_bool("BEHIND_PROXY", False)
if _behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of our own add to X-Forwarded-For; it tells the address that limits count by.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 1 if _behind_proxy else 0, 0, 10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
OPERATOR_MFA = env_bool("OPERATOR_MFA", is_https)  # operators' pages open with a second factor alone
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "editor.errors.csrf_failure"
_store = S3_PUBLIC_URL or env_str("S3_ENDPOINT_URL")
_image_origins = [_store] if S3_BUCKET and _store else []
CONTENT_SECURITY_POLICY = {
    # Unfold's pages need inline scripts and evaluated expressions: bgsite.middleware has a policy for them.
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:", *_image_origins],
        "connect-src": [SELF],
        "font-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        # Buying goes on at Stripe: browsers ask this list also about where a form is redirected to.
        "form-action": [SELF, *(STRIPE_PAGES if STRIPE_SECRET_KEY else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}
