"""The queue, the jobs, and what processes share."""

from __future__ import annotations

import os
from datetime import timedelta
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from bgsite.env import env_int, env_list, env_pairs, env_str
from bgsite.settings.base import DATA_DIR

# --- Queue: the job row is the truth, a message is only a doorbell ------------------------------------------
BROKER_URL = env_str("BROKER_URL", f"safefs://localhost{quote(str(DATA_DIR / 'queue'))}")
is_redis = BROKER_URL.startswith(("redis://", "rediss://", "redis+socket://"))
if not is_redis and not BROKER_URL.startswith(("safefs://", "memory://")):
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
# Two for each core, shared among the workers: a worker that looks alone has the idle cores of the others as well, and
# together they lose nothing by it (measured on two cores).
CORES = os.cpu_count() or 1
INFERENCE_THREADS = env_int("INFERENCE_THREADS", max(1, min(8, CORES, 2 * CORES // WORKERS)), 1, 256)
CORES_EACH = min(INFERENCE_THREADS, CORES / WORKERS)  # what a worker occupies on average, while all work

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
    if is_redis
    else {}
)
# Where workers ring when a task has ended, for requests that wait for it; None where they may be on other machines.
ENDED_BELLS = None if is_redis else DATA_DIR / "bells"
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

# --- Cache: shared by processes, as the sign-in limits count in it -----------------------------------------
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": BROKER_URL}
    if is_redis and not BROKER_URL.startswith("redis+socket://")
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "cache"),
    }
}
