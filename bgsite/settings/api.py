"""What may be sent, and how the API answers."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from bgsite.env import env_int, env_list, env_str
from bgsite.settings.base import SITE_NAME, SITE_URL
from bgsite.settings.work import BROKER_URL, is_redis
from processing.pipeline.probe import Limits

# --- What an upload may be -------------------------------------------------------------------------------
IMAGE_LIMITS = Limits(
    max_bytes=env_int("MAX_UPLOAD_MB", 22, 1, 1000) * 1_000_000,
    max_pixels=env_int("MAX_MEGAPIXELS", 50, 1, 500) * 1_000_000,
    min_side=env_int("MIN_SIDE", 16, 1, 16_384),
    max_side=env_int("MAX_SIDE", 16_384, 16, 65_500),
)
BATCH_ZIP_BYTES = env_int("BATCH_ZIP_MB", 1000, 1, 4000) * 1_000_000  # of a ZIP of photos
# Separate processes that prove uploads, so that a picture which crashes a decoder crashes nothing else.
DECODER_PROCESSES = env_int("DECODER_PROCESSES", max(1, min(4, os.cpu_count() or 1)), 0, 64)
FILE_UPLOAD_HANDLERS = [
    "processing.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "processing.uploads.UnnamedUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 50

# --- API -------------------------------------------------------------------------------------------------
RATE_LIMIT_URL = (
    BROKER_URL.replace("redis+socket://", "redis+unix://") if is_redis else ""
)  # "": the database
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
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # the words are their own description
    "POSTPROCESSING_HOOKS": [
        "processing.api.schema.add_problems",
        "processing.api.schema.arrange",
        "processing.api.schema.leave_forms_empty",
        "processing.api.words.describe",
    ],
}
