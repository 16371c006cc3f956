"""The Celery application. A message is a doorbell: it may be lost or doubled, the job row decides."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, setup_logging
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from bgsite import filebroker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgsite.settings")
filebroker.register()
TRANSPORT_ALIASES |= dict.fromkeys(["redis", "rediss"], "bgsite.redisbroker:Transport")

# A worker run by root is warned because of pickled messages; ours are JSON alone (CELERY_ACCEPT_CONTENT).
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("bgsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["processing"])


@setup_logging.connect
def keep_log(**kwargs: object) -> None:
    """Django has set the log up (bgsite.settings.logs). Celery, left alone, would raise the root's level to its own,
    and no worker's line about a job would be written."""


@celeryd_after_setup.connect
def serve(instance: Any, **kwargs: object) -> None:
    """A worker listens to its own queues alone; without this, ringing for another would add that one."""
    instance.app.amqp.queues.select(settings.WORKER_QUEUES)
