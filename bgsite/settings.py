"""All settings, by heading. Nothing set: the embedded mode (SQLite, a broker of files, a local folder).

The environment alone turns it into the server mode: DATABASE_URL, BROKER_URL, S3_BUCKET. README.md has the table.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from kombu import Queue

from bgsite import sentry
from bgsite.env import (
    env_bool,
    env_choice,
    env_float,
    env_int,
    env_key,
    env_list,
    env_pairs,
    env_path,
    env_secret,
    env_str,
)
from processing.pipeline.probe import Limits
from processing.registry.remote.account import PROVIDER_OF, RemoteAccount

# --- Folders ---------------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
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

_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}; it must look like https://cutouts.example.org.")
_secure = _site.scheme == "https"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [_site.hostname, "localhost", "127.0.0.1", "[::1]"])
ALLOWED_HOSTS += env_list("INTERNAL_HOSTS", [])  # names that only the inside uses, as Prometheus does
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [SITE_URL] if _secure else [])

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
    "bgsite.middleware.request_id",
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

# --- Database --------------------------------------------------------------------------------------------
_env = environ.Env()
DATABASES = {
    "default": _env.db_url_config(env_str("DATABASE_URL", f"sqlite:///{DATA_DIR / 'bgsite.sqlite3'}"))
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

# --- Queue: the job row is the truth, a message is only a doorbell ------------------------------------------
BROKER_URL = env_str("BROKER_URL", f"safefs://localhost{quote(str(DATA_DIR / 'queue'))}")
_redis = BROKER_URL.startswith(("redis://", "rediss://", "redis+socket://"))
if not _redis and not BROKER_URL.startswith(("safefs://", "memory://")):
    raise ImproperlyConfigured(
        "BROKER_URL must start with redis://, rediss://, redis+socket:// or safefs://."
    )
WORKERS = env_int("WORKERS", 1, 1, 256)
LARGE_PIXELS = (
    env_int("LARGE_MEGAPIXELS", 12, 1, 500) * 1_000_000
)  # photos with more wait in a queue of their own
MODEL_QUEUES = env_pairs(
    "MODEL_QUEUES"
)  # birefnet-general=gpu: jobs of a model wait for the workers of that queue
QUEUES = list(dict.fromkeys(["small", "large", "remote", *MODEL_QUEUES.values()]))
# Besides photos: what people wait for while they edit, and everything else.
ALL_QUEUES = ["edits", *QUEUES, "jobs"]
WORKER_QUEUES = env_list("WORKER_QUEUES", ALL_QUEUES)
if set(WORKER_QUEUES) - set(ALL_QUEUES):
    raise ImproperlyConfigured(f"WORKER_QUEUES can name {', '.join(ALL_QUEUES)}.")
WORKER_NICE = env_int("WORKER_NICE", 10, 0, 19)  # pages and status polls go before the work on photos
INFERENCE_THREADS = env_int("INFERENCE_THREADS", max(1, min(8, (os.cpu_count() or 1) // WORKERS)), 1, 256)

# --- Jobs ------------------------------------------------------------------------------------------------
JOB_ATTEMPTS = 3
JOB_SECONDS = env_int(
    "JOB_SECONDS", 180, 10, 3600
)  # a job that takes longer is killed and counts as an attempt
JOB_LEASE = timedelta(seconds=env_int("JOB_LEASE_SECONDS", 60, 2, 3600))
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 5, 1, 600)
KEEP_RESULTS = timedelta(days=env_int("KEEP_RESULTS_DAYS", 30, 1, 36500))
KEEP_AUDIT_DAYS = env_int("KEEP_AUDIT_DAYS", 730, 365, 36500)  # the operators' log

CELERY_BROKER_URL = BROKER_URL
# Every wait is bounded: a request that rings a dead broker loses a second, not its user.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "max_retries": 0,  # of a publisher; without it kombu tries for six seconds. A worker goes on for ever.
        "visibility_timeout": JOB_SECONDS + 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
    if _redis
    else {"polling_interval": 0.02}  # seconds; one look at a folder takes 30 microseconds
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # safe, because the job row counts the attempts
CELERY_TASK_TIME_LIMIT = JOB_SECONDS
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_QUEUES = [Queue(name) for name in ALL_QUEUES]
CELERY_TASK_ROUTES = {
    f"processing.{name}": {"queue": "edits"} for name in ("render", "mask", "smart_stroke", "pick", "picture")
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_CONCURRENCY = WORKERS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A process of a worker is replaced after so many tasks, and after one that left it larger than that.
CELERY_WORKER_MAX_TASKS_PER_CHILD = env_int("WORKER_TASKS", 200, 1, 1_000_000)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env_int("WORKER_MEMORY_MB", 4000, 100, 1_000_000) * 1000  # in kB
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120  # a new process loads its model before it says that it is up

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

# --- Models ----------------------------------------------------------------------------------------------
DEFAULT_MODEL = env_str("DEFAULT_MODEL", "u2net")
# Folders and addresses that hold weights by their file names, asked before the publishers; `only` at the end: alone.
WEIGHTS_FROM = env_list("WEIGHTS_FROM", [])
INFERENCE_PROVIDER = env_choice("INFERENCE_PROVIDER", "cpu", ("cpu", "cuda", "openvino", "coreml"))
# auto: INT8 weights where they proved themselves on this processor (manage.py models optimize), else float ones
INFERENCE_ENGINE = env_choice("INFERENCE_ENGINE", "auto", ("auto", "fp32", "int8"))

# A deployment that takes money refuses weights whose licence forbids that, unless there is a contract for them.
BILLING = env_bool("BILLING", bool(STRIPE_SECRET_KEY))
LICENCE_CONTRACTS = env_list("LICENCE_CONTRACTS", [])  # names of models

# --- Remote models: without a key they cannot be chosen, except by users who have their own -------------------
BRIA_API_TOKEN = env_str("BRIA_API_TOKEN")
BRIA_BASE_URL = env_str("BRIA_BASE_URL", "https://engine.prod.bria-api.com")
BRIA_SYNC = env_bool("BRIA_SYNC", False)  # one long request instead of polling
BRIA_COST_USD = env_float("BRIA_COST_USD", 0.018, 0, 100)  # for one picture
REMOVEBG_API_KEY = env_str("REMOVEBG_API_KEY")
REMOVEBG_BASE_URL = env_str("REMOVEBG_BASE_URL", "https://api.remove.bg")
REMOVEBG_SIZE = env_choice("REMOVEBG_SIZE", "auto", ("auto", "full"))  # auto: what the credits allow
REMOVEBG_COST_USD = env_float("REMOVEBG_COST_USD", 0.2, 0, 100)
REMOTE_TIMEOUT_SECONDS = env_int("REMOTE_TIMEOUT_SECONDS", 60, 1, 3600)
REMOTE_FALLBACK_MODEL = env_str("REMOTE_FALLBACK_MODEL")  # a local model, or auto; empty: the job fails
if REMOTE_TIMEOUT_SECONDS >= JOB_SECONDS:
    raise ImproperlyConfigured("REMOTE_TIMEOUT_SECONDS must be less than JOB_SECONDS.")
if REMOTE_FALLBACK_MODEL in PROVIDER_OF:
    raise ImproperlyConfigured("REMOTE_FALLBACK_MODEL must be a model that runs here.")
for _base_url, _key in ((BRIA_BASE_URL, BRIA_API_TOKEN), (REMOVEBG_BASE_URL, REMOVEBG_API_KEY)):
    try:
        RemoteAccount(_base_url, _key or "none")
    except ValueError as error:  # its sentence does not repeat the key
        raise ImproperlyConfigured(f"Remote models: {error}") from None

# --- What an upload may be -------------------------------------------------------------------------------
IMAGE_LIMITS = Limits(
    max_bytes=env_int("MAX_UPLOAD_MB", 22, 1, 1000) * 1_000_000,
    max_pixels=env_int("MAX_MEGAPIXELS", 50, 1, 500) * 1_000_000,
    min_side=env_int("MIN_SIDE", 16, 1, 16_384),
    max_side=env_int("MAX_SIDE", 16_384, 16, 65_500),
)
BATCH_ZIP_BYTES = env_int("BATCH_ZIP_MB", 1000, 1, 4000) * 1_000_000  # of a ZIP of photos
# Processes apart that prove uploads, so that a picture which crashes a decoder crashes nothing else.
DECODER_PROCESSES = env_int("DECODER_PROCESSES", max(1, min(4, os.cpu_count() or 1)), 0, 64)
FILE_UPLOAD_HANDLERS = [
    "processing.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 50

# --- Storage ---------------------------------------------------------------------------------------------
S3_BUCKET = env_str("S3_BUCKET")
S3_PUBLIC_URL = env_str("S3_PUBLIC_URL")  # by which browsers reach the store, where that is another address
if S3_BUCKET:
    from botocore.config import Config as S3Config

    _files = {
        "BACKEND": "storages.backends.s3.S3Storage",
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
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
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
# A visitor tries it at once, as a guest: a few photos, kept for a while, taken over on sign-up.
GUEST_CREDITS = env_int("GUEST_CREDITS", 5, 0, 1000)  # 0: an account is needed
GUESTS_PER_HOUR = env_int("GUESTS_PER_HOUR", 10, 1, 100_000)  # new guests from one address
KEEP_GUESTS = timedelta(minutes=env_int("KEEP_GUESTS_MINUTES", 60, 5, 60 * 24 * 30))

# --- Mail: without a server, messages are printed where the product runs ----------------------------------
EMAIL_URL = env_str("EMAIL_URL")
vars().update(_env.email_url_config(EMAIL_URL or "consolemail://"))
EMAIL_TIMEOUT = 15  # seconds; the sender of mail has other work too
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{_site.hostname}>")
ACCOUNT_EMAIL_VERIFICATION = env_choice(
    "EMAIL_VERIFICATION", "mandatory" if EMAIL_URL else "optional", ("mandatory", "optional", "none")
)

# --- Cache: shared by processes, as the sign-in limits count in it -----------------------------------------
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": BROKER_URL}
    if _redis and not BROKER_URL.startswith("redis+socket://")
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "cache"),
    }
}

# --- API -------------------------------------------------------------------------------------------------
RATE_LIMIT_URL = BROKER_URL.replace("redis+socket://", "redis+unix://") if _redis else ""  # "": the database
API_BODY_BYTES = IMAGE_LIMITS.max_bytes * 4 // 3 + 100_000  # of a JSON body, in which a photo comes as Base64
API_WAIT_SECONDS = env_int("API_WAIT_SECONDS", 60, 1, 600)  # as long may a request wait for its result
API_WAITERS = env_int("API_WAITERS", 4, 0, 1000)  # as many of a process may wait at once (gunicorn.conf.py)
QUEUE_LIMIT = env_int("QUEUE_LIMIT", 10_000, 1, 10_000_000)  # photos that may wait, of all users together
# Who requests without a key are, in the formats of rembg and the classic one: visitors, off, an account's e-mail.
KEYLESS_API = env_str("KEYLESS_API", "visitors")
if KEYLESS_API not in {"visitors", "off"} and "@" not in KEYLESS_API:
    raise ImproperlyConfigured("KEYLESS_API must be visitors, off, or the e-mail address of an account.")
# Hosts (name:port) that webhooks may reach although they are not public: an operator's own machines.
WEBHOOK_INTERNAL_HOSTS = env_list("WEBHOOK_INTERNAL_HOSTS", [])
TEST_KEY_PHOTOS = env_int("TEST_KEY_PHOTOS", 50, 0, 1_000_000)  # a day and user, with keys that cost nothing

REST_FRAMEWORK = {
    # Deny by default: a view that shall be open says so.
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ApiAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttles.RequestThrottle", "accounts.throttles.ImageThrottle"],
    "DEFAULT_PARSER_CLASSES": ["processing.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "processing.api.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "processing.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (
        "Removes backgrounds. Make a key on the page [API keys](/account/keys), put it in under *Authorize*, and try "
        "any address here.\n\n"
        f"    curl -H 'X-Api-Key: …' -H 'Accept: image/png' -F file=@dog.jpg {SITE_URL}/api/v1/jobs -o dog.png\n\n"
        "The [guide](/api/v1/guide) has examples in curl, Python and JavaScript."
    ),
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "persistAuthorization": False,
        "displayRequestDuration": True,
        "defaultModelsExpandDepth": -1,
        "tryItOutEnabled": True,
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["processing.api.schema.add_problems", "processing.api.schema.arrange"],
}

# --- Time and language -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")

# --- Security --------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = env_bool("SSL_REDIRECT", _secure)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 63_072_000 if _secure else 0, 0, 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
_behind_proxy = env_bool("BEHIND_PROXY", False)
if _behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of our own add to X-Forwarded-For; it tells the address that limits count by.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 1 if _behind_proxy else 0, 0, 10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
OPERATOR_MFA = env_bool("OPERATOR_MFA", _secure)  # operators' pages open with a second factor alone
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
    "DASHBOARD_CALLBACK": "bgsite.dashboard.callback",
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
                        "title": "What they did",
                        "icon": "history",
                        "link": reverse_lazy("admin:accounts_auditentry_changelist"),
                    },
                ],
            },
        ]
    },
}

# --- Log -------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "bgsite.logs.Plain"}, "json": {"()": "bgsite.logs.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env_choice("LOG_FORMAT", "plain", ("plain", "json")),
        }
    },
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {
            "level": "CRITICAL"
        },  # scanners send them all day; they are refused
        "stripe": {"level": "WARNING"},
        # At DEBUG they tell every name and body that they send.
        **{name: {"level": "INFO"} for name in ("boto3", "botocore", "s3transfer", "urllib3", "redis")},
    },
}

# --- Errors ----------------------------------------------------------------------------------------------
SENTRY_DSN = env_str("SENTRY_DSN")  # empty: nothing is sent anywhere
if SENTRY_DSN:
    sentry.start(SENTRY_DSN)
