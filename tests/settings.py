"""The product's own settings with a data folder that is thrown away. The environment may ask for other servers."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_BASE = Path(__file__).resolve().parent.parent
_DATA = tempfile.mkdtemp(prefix="bgsite-tests-")
DATA_FILES = f"{_DATA}/files"
os.environ.setdefault("MODELS_DIR", os.environ.get("DATA_DIR", str(_BASE / "var")) + "/models")
os.environ["DATA_DIR"] = _DATA

# Tests that run side by side share the servers but neither counters nor messages nor files: a numbered Redis
# database and a bucket for each worker of xdist. (pytest-django does the same for the PostgreSQL database.)
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
if os.environ.get("BROKER_URL", "").startswith("redis://"):
    os.environ["BROKER_URL"] = os.environ["BROKER_URL"].rpartition("/")[0] + f"/{_worker}"
if os.environ.get("S3_BUCKET"):
    os.environ["S3_BUCKET"] = f"bgsite-{_worker}"

from bgsite.settings import *  # noqa: E402, F403
from bgsite.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes its time on purpose
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file and not memory: threads and worker processes of the tests open connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA}/tests.sqlite3"}

# Not a hook of pytest: whatever loads these settings (a worker of xdist, mypy's plugin) leaves nothing behind.
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
