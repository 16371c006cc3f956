"""The Celery application. A message is a doorbell: it may be lost or doubled, the job row decides."""

import os
import warnings

from celery import Celery

from bgsite import filebroker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgsite.settings")
filebroker.register()

# A worker run by root is warned because of pickled messages; ours are JSON alone (CELERY_ACCEPT_CONTENT).
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("bgsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["processing"])
