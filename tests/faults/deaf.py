"""The product's settings, for workers to which no message comes: they believe that they have as many as they may."""

from __future__ import annotations

from kombu.transport import virtual

from bgsite.settings import *  # noqa: F403

virtual.QoS.can_consume = lambda self: False  # type: ignore[method-assign]
