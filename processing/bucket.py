"""An S3 bucket for many threads.

boto3 reads a megabyte of service descriptions for each session, a twelfth of a second of work, and django-storages
makes a session for each thread: the first photos after a start, which come in all threads at once, waited seconds
for that. The threads of a process share one session; each has its own connection of it, as boto3 demands.
"""

from __future__ import annotations

import threading
from typing import Any

from storages.backends.s3 import S3Storage

_making = threading.Lock()  # a session makes one connection at a time


class Bucket(S3Storage):
    _session: Any = None

    @property
    def connection(self) -> Any:
        with _making:
            return super().connection

    def _create_session(self) -> Any:
        if self._session is None:
            self._session = super()._create_session()
        return self._session
