"""A worker is killed while it delivers: another one sends the same message again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.faults.conftest import Site
from tests.servers import wait_until
from tests.webhooks import receiver
from webhooks import endpoints, outbox
from webhooks.endpoints import Wanted
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_worker_killed_in_the_middle(site: Site, settings) -> None:
    with receiver.running() as program:
        settings.WEBHOOK_INTERNAL_HOSTS = [program.host]
        site.environment |= {"WEBHOOK_INTERNAL_HOSTS": program.host}
        endpoints.make(site.user, Wanted(program.url, ("credits.low",)))
        program.seconds = 10.0
        outbox.announce(site.user.pk, "credits.low", lambda: {"used": 80})
        first = site.work()
        wait_until(lambda: len(program.received) == 1, "the first try", 90)
        first.kill()
        assert Delivery.objects.get().state == Delivery.State.WAITING
        Endpoint.objects.update(lease_until=timezone.now())  # as if its minute were over
        program.seconds = 0.0
        site.work()
        wait_until(lambda: Delivery.objects.get().state == Delivery.State.DELIVERED, "the second try", 90)
    assert len({sent.id for sent in program.received}) == 1 < len(program.received)
