"""Users, guests, and their mail."""

from __future__ import annotations

from datetime import timedelta

import environ

from bgsite.env import env_choice, env_int, env_list, env_str
from bgsite.settings.base import SITE_NAME, own_address

# --- Accounts --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_REDIRECT_URL = "editor:gallery"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = own_address.scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = (
    True  # before addresses are changed, as editor.account.sudo asks elsewhere
)
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds
USERSESSIONS_TRACK_ACTIVITY = True
OPERATOR_EMAIL = env_str(
    "OPERATOR_EMAIL", "operator@localhost"
)  # the first one; `manage.py prepare` makes it
OPERATOR_PASSWORD = env_str("OPERATOR_PASSWORD")
SIGNUP_CREDITS = env_int("SIGNUP_CREDITS", 200, 0, 1_000_000)
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
# Disposable addresses: a burst of them is a burst of welcome credits.
BLOCKED_MAIL_DOMAINS = [domain.lower() for domain in env_list("BLOCKED_MAIL_DOMAINS", [])]
SIGNUPS_PER_DAY = env_int("SIGNUPS_PER_DAY", 50, 1, 1_000_000)  # from one address
# allauth has limits of its own for signing in and for passwords; they count in the cache.
ACCOUNT_RATE_LIMITS = {"signup": f"20/m/ip,{SIGNUPS_PER_DAY}/d/ip"}
# From so many addresses within an hour a key counts as shared, and operators are told; 0: nobody looks.
KEY_ADDRESSES = env_int("KEY_ADDRESSES", 20, 0, 1_000_000)
# A visitor tries it at once, as a guest: a few photos, kept for a while, taken over on sign-up.
GUEST_CREDITS = env_int("GUEST_CREDITS", 5, 0, 1000)  # 0: an account is needed
GUESTS_PER_HOUR = env_int("GUESTS_PER_HOUR", 10, 1, 100_000)  # new guests from one address
KEEP_GUESTS = timedelta(minutes=env_int("KEEP_GUESTS_MINUTES", 60, 5, 60 * 24 * 30))

# --- Mail: without a server, messages are printed where the product runs ----------------------------------
EMAIL_URL = env_str("EMAIL_URL")
vars().update(environ.Env().email_url_config(EMAIL_URL or "consolemail://"))
EMAIL_TIMEOUT = 15  # seconds; the sender of mail has other work too
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{own_address.hostname}>")
# Where no mail is sent nobody can confirm an address, and a second factor is wanted all the same.
MFA_ALLOW_UNVERIFIED_EMAIL = not EMAIL_URL
ACCOUNT_EMAIL_VERIFICATION = env_choice(
    "EMAIL_VERIFICATION", "mandatory" if EMAIL_URL else "optional", ("mandatory", "optional", "none")
)
