"""kombu's broker on Redis, with one hole closed: a worker goes on after a Redis that was away when a task ended.

A worker takes a message only while it owes Redis fewer acknowledgements than it may. In kombu 5.7 an
acknowledgement that Redis cannot take is an error that Celery swallows, and the debt stays: the worker waits for ever
for room to take its next message, with every sign of life. Here the debt is forgotten in any case. Should Redis
still have the message, it gives it out again after its visibility timeout, which a doorbell can stand: the job row
decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """What is in hand: an end that Redis could not be told counts as told."""

    def ack(self, delivery_tag: str) -> None:
        with self._settled(delivery_tag):
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        with self._settled(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)

    @contextmanager
    def _settled(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
