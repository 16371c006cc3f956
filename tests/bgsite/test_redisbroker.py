"""An acknowledgement that Redis cannot take costs no credit (bgsite.redisbroker)."""

from __future__ import annotations

import pytest
from kombu import Connection, Queue
from redis.exceptions import ConnectionError

from bgsite import redisbroker
from tests import servers

pytestmark = pytest.mark.server


@pytest.mark.parametrize("verb", ["ack", "reject", "requeue"])
def test_the_next_message_may_come_although_redis_was_away(redis: servers.Redis, verb: str) -> None:
    with Connection(redis.url, transport_options={"socket_timeout": 1, "max_retries": 0}) as connection:
        channel = connection.channel()
        assert isinstance(connection.transport, redisbroker.Transport)
        queue = Queue("small", channel=channel)
        queue.declare()
        channel.basic_qos(0, 1, False)
        connection.Producer(channel).publish({}, routing_key="small", declare=[queue])
        message = queue.get()
        assert message and not channel.qos.can_consume()

        redis.kill()
        with pytest.raises(ConnectionError):
            getattr(message, verb)()

        assert channel.qos.can_consume()
