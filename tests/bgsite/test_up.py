"""What `manage.py up` refuses to start on."""

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError

from processing.management.commands import up

pytestmark = pytest.mark.django_db


def test_it_works():
    assert up.check_database() is None


def test_a_database_of_an_older_version_is_named():
    last = MigrationRecorder(connection).migration_qs.filter(app="processing").latest("id")
    MigrationRecorder(connection).record_unapplied("processing", last.name)
    with pytest.raises(CommandError, match="prepare"):
        up.check_database()


def test_a_database_that_is_away_is_waited_for(monkeypatch):
    def away(_connection):
        raise OperationalError("connection refused")

    monkeypatch.setattr(up, "MigrationExecutor", away)
    assert up.check_database() is None
