"""Alice has an endpoint, and a program that listens there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts import quotas
from accounts.models import CREDIT, User
from tests.processing.conftest import bell, files, model  # noqa: F401
from tests.webhooks import receiver
from tests.webhooks.receiver import Receiver
from webhooks import delivery, endpoints
from webhooks.endpoints import Wanted
from webhooks.events import EVENTS
from webhooks.models import Endpoint


@pytest.fixture
def user(transactional_db: None) -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    return user


@pytest.fixture
def program(settings: Any) -> Iterator[Receiver]:
    with receiver.running() as program:
        settings.WEBHOOK_INTERNAL_HOSTS = [program.host]
        yield program


@pytest.fixture
def endpoint(user: User, program: Receiver) -> Endpoint:
    return endpoints.make(user, Wanted(program.url, tuple(EVENTS)))[0]


@pytest.fixture
def post(user: User) -> Callable[[], int]:
    """The delivery thread's round: everything that is due is tried."""
    return lambda: sum(delivery.serve(pk) for pk in delivery.endpoints_due())
