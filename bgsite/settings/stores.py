"""Where rows and files lie."""

from __future__ import annotations

import environ
from django.core.exceptions import ImproperlyConfigured

from bgsite.env import env_choice, env_str
from bgsite.settings.base import BASE_DIR, DATA_DIR

# --- Database --------------------------------------------------------------------------------------------
DATABASES = {
    "default": environ.Env().db_url_config(
        env_str("DATABASE_URL", f"sqlite:///{DATA_DIR / 'bgsite.sqlite3'}")
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads and then writes waits for its turn and never fails with "locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A server that vanished without a word is given up after half a minute, and not after hours.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,  # ms
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASES["default"]["CONN_MAX_AGE"] = (
    60  # a thread keeps its connection: opening one costs as much as a page
)
# A server may end a connection; a file cannot.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = "sqlite" not in DATABASES["default"]["ENGINE"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Storage ---------------------------------------------------------------------------------------------
S3_BUCKET = env_str("S3_BUCKET")
S3_PUBLIC_URL = env_str("S3_PUBLIC_URL")  # by which browsers reach the store, where that is another address
if S3_BUCKET:
    from botocore.config import Config as S3Config

    _files = {
        "BACKEND": "processing.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env_str("S3_ENDPOINT_URL") or None,
            "region_name": env_str("S3_REGION", "us-east-1"),
            "access_key": env_str("S3_ACCESS_KEY") or None,
            "secret_key": env_str("S3_SECRET_KEY") or None,
            "default_acl": None,
            "querystring_auth": True,
            "querystring_expire": 300,
            "file_overwrite": False,
            # Bounded: a store that hangs must not hold a thread for minutes.
            "client_config": S3Config(
                connect_timeout=3,
                read_timeout=15,
                retries={"mode": "standard", "total_max_attempts": 3},
                signature_version="s3v4",
                s3={"addressing_style": env_choice("S3_ADDRESSING", "path", ("path", "virtual"))},
            ),
        },
    }
else:
    _files = {"BACKEND": "processing.storage.PrivateFiles", "OPTIONS": {"location": str(DATA_DIR / "files")}}
# Who sends the bytes of results: this process, nginx in its place (deploy/nginx), or the store by a signed address.
FILE_DELIVERY = env_choice("FILE_DELIVERY", "stream", ("stream", "nginx", "signed"))
if FILE_DELIVERY == "signed" and not S3_BUCKET:
    raise ImproperlyConfigured("FILE_DELIVERY=signed needs S3_BUCKET: only a store can sign addresses.")
STORAGES = {
    "default": _files,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(
    exist_ok=True
)  # stays empty without collectstatic, but WhiteNoise warns when it is not there
WHITENOISE_USE_FINDERS = True  # serves straight from the packages: no collectstatic in the two commands
WHITENOISE_MAX_AGE = 3600
