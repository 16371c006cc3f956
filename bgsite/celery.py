"""The Celery application. A message is a doorbell: it may be lost or doubled, the job row decides."""

import os

from celery import Celery

from bgsite import filebroker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgsite.settings")
filebroker.register()

app = Celery("bgsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["processing"])
