"""Loads the default model when a worker's process begins, so that the first photo does not wait for it.

Once in each process, after the fork: the threads of a session do not survive one.
"""

from __future__ import annotations

import logging

from celery.signals import worker_process_init
from django.conf import settings
from django.db import DatabaseError, connection

log = logging.getLogger(__name__)


@worker_process_init.connect
def load_default_model(**kwargs: object) -> None:
    from processing import predictors, reuse
    from processing.errors import Refused
    from processing.registry.errors import RegistryError

    try:
        usual = _usual()
        chosen = predictors.choose(usual)
        reuse.note(usual, chosen.spec.name, chosen.predictor.weights_id)
    except DatabaseError as error:  # the next job notes it as well
        log.warning("The model in use is not noted: %s", type(error).__name__)
    except (
        RegistryError,
        Refused,
    ) as error:  # jobs of this model will fail with the same code; other models work
        log.error("The default model is not usable: %s", error)
    finally:
        connection.close()


def _usual() -> str:
    """The operators' choice; that of the settings while the database is away."""
    from processing import switches

    try:
        return switches.default_model()
    except DatabaseError:
        return str(settings.DEFAULT_MODEL)
    finally:
        connection.close()
