"""What the site is: its folders, its address, its parts, its language."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from bgsite.env import env_bool, env_int, env_list, env_path, env_secret, env_str

# --- Folders ---------------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = env_path("DATA_DIR", BASE_DIR / "var")
MODELS_DIR = env_path("MODELS_DIR", DATA_DIR / "models")
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- Site ------------------------------------------------------------------------------------------------
DEBUG = env_bool("DEBUG", False)
PORT = env_int("PORT", 8000, 1, 65535)
HOST = env_str("HOST", "127.0.0.1")
SITE_URL = env_str("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
SITE_NAME = env_str("SITE_NAME", "bgsite")
SECRET_KEY = env_secret("SECRET_KEY", DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", [])

own_address = urlsplit(SITE_URL)
if own_address.scheme not in {"http", "https"} or not own_address.hostname:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}; it must look like https://cutouts.example.org.")
is_https = own_address.scheme == "https"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [own_address.hostname, "localhost", "127.0.0.1", "[::1]"])
ALLOWED_HOSTS += env_list("INTERNAL_HOSTS", [])  # names that only the inside uses, as Prometheus does
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [SITE_URL] if is_https else [])

ROOT_URLCONF = "bgsite.urls"
WSGI_APPLICATION = "bgsite.wsgi.application"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "processing",
    "webhooks",
    "editor",
]

MIDDLEWARE = [
    "bgsite.middleware.always",
    "bgsite.middleware.RequestTrail",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "bgsite.middleware.operators_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "bgsite.middleware.second_factor",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "editor.context.site",
            ],
        },
    }
]

# --- Time and language -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["bgsite.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")
