"""Loads the default model when a worker's process begins, so that the first photo does not wait for it.

Once in each process, after the fork: the threads of a session do not survive one.
"""

from __future__ import annotations

import logging

from celery.signals import worker_process_init
from django.conf import settings

log = logging.getLogger(__name__)


@worker_process_init.connect
def load_default_model(**kwargs: object) -> None:
    from processing import predictors
    from processing.errors import Refused
    from processing.registry.errors import RegistryError

    try:
        predictors.choose(settings.DEFAULT_MODEL)
    except (
        RegistryError,
        Refused,
    ) as error:  # jobs of this model will fail with the same code; other models work
        log.error("The default model is not usable: %s", error)
