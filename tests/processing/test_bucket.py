"""Threads share what is dear to make, and nothing that boto3 forbids to share."""

from __future__ import annotations

import threading

from processing.bucket import Bucket
from tests.together import at_once


def test_threads_share_a_session_and_no_connection() -> None:
    bucket = Bucket(bucket_name="photos", access_key="a", secret_key="b", region_name="us-east-1")
    together = threading.Barrier(6)

    def mine() -> tuple[int, object]:
        together.wait()
        connection = bucket.connection
        assert bucket.connection is connection, "a thread keeps its own"
        return id(bucket._session), connection

    found = [each for each in at_once(*[mine] * 6) if isinstance(each, tuple)]
    assert len(found) == 6
    assert len({session for session, _ in found}) == 1
    assert len({id(connection) for _, connection in found}) == 6
