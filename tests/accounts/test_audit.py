"""What operators did is written once: neither pages nor the ORM nor SQL change or delete it. (Costs 2 s.)"""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, audit_triggers
from accounts.audit_models import KEPT_DAYS, Fixed
from accounts.models import AuditEntry, User
from bgsite import doctor
from processing import owners
from tests.operators import SENT, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditEntry:
    audit_triggers.make(connection)  # tests go without one of them, see conftest.py
    operator = User.objects.create_user("ops@example.org", is_staff=True)
    return audit.note(operator, "Suspended", "user", 77, reason="Abuse", detail="of keys")


def refused_by_the_database(sql: str, *params: object) -> None:
    with (
        pytest.raises(DatabaseError, match="operators' log"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: AuditEntry.objects.update(reason="None"),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(reason="None"),
    ],
)
def test_not_by_the_orm(entry, change):
    entry.reason = "None"
    with pytest.raises(Fixed):
        change(entry)
    assert AuditEntry.objects.get().reason == "Abuse"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "None"),
        ("detail", "of nothing"),
        ("verb", "Praised"),
        ("subject", "78"),
        ("kind", "job"),
        ("actor_name", "someone@example.org"),
        ("at", "2001-01-01 00:00:00+00:00"),
    ],
)
def test_not_by_sql(entry, column, value):
    refused_by_the_database(f"UPDATE accounts_auditentry SET {column} = %s", value)
    refused_by_the_database("DELETE FROM accounts_auditentry")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry._base_manager.update(**{column: value})


def test_not_by_giving_it_to_somebody_else(entry):
    other = User.objects.create_user("other@example.org")
    refused_by_the_database("UPDATE accounts_auditentry SET actor_id = %s", other.pk)


@pytest.mark.parametrize("role", ["operator", "owner"])
def test_not_by_the_pages(entry, role):
    _, client = person(role)
    assert client.get("/admin/accounts/auditentry/").status_code == 200
    page = f"/admin/accounts/auditentry/{entry.pk}"
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{page}/change/", {"reason": "None"})
    client.post("/admin/accounts/auditentry/", {"action": "delete_selected", "_selected_action": [entry.pk]})
    assert AuditEntry.objects.get().reason == "Abuse"


def test_an_operator_who_goes_leaves_what_they_did(entry):
    owners.erase(User.objects.get(email="ops@example.org"))
    kept = AuditEntry.objects.get()
    assert (kept.actor, kept.verb, kept.subject, kept.reason) == (None, "Suspended", "77", "Abuse")
    assert kept.actor_name.startswith("erased user ")


def test_words_about_a_person_go_with_the_person(entry):
    alice = User.objects.create_user("alice@example.org")
    mine = audit.note(entry.actor, "Suspended", "user", alice.pk, reason="Alice was rude")
    owners.erase(alice)
    kept = AuditEntry.objects.get(pk=mine.pk)
    assert (kept.verb, kept.reason) == ("Suspended", "")
    assert AuditEntry.objects.get(pk=entry.pk).reason == "Abuse"


@pytest.mark.parametrize(("days", "left"), [(KEPT_DAYS + 400, 0), (KEPT_DAYS + 1, 1)])
def test_kept_for_as_long_as_was_set(entry, days, left):
    with connection.cursor() as cursor:  # a row of then: rows are written with the time they are written at
        cursor.execute(
            "INSERT INTO accounts_auditentry (at, actor_name, verb, kind, subject, detail, reason) "
            "VALUES (%s, 'x', 'x', 'x', 'x', '', '')",
            [str(timezone.now() - timedelta(days=days))],
        )
    audit.forget_old()
    assert AuditEntry.objects.filter(verb="x").count() == left
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_doctor_misses_the_triggers(entry):
    assert doctor.log_is_fixed().startswith("fixed")
    with connection.cursor() as cursor:
        table = " ON accounts_auditentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_is_not_changed{table}")
    with pytest.raises(doctor.Wrong, match="audit_is_not_changed"):
        doctor.log_is_fixed()


def test_export_is_no_formula(entry):
    audit.note(entry.actor, "Suspended", "user", 78, reason='=HYPERLINK("http://evil")')
    _, client = person("operator")
    text = b"".join(client.get(reverse("admin:accounts_auditentry_export_csv")).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["why"] for row in rows] == ['\'=HYPERLINK("http://evil")', "Abuse"]
    assert rows[1]["who"] == "ops@example.org"


def test_what_a_form_changed_is_kept(entry):
    alice = User.objects.create_user("alice@example.org")
    user, client = person("operator")
    page, wanted = f"/admin/accounts/user/{alice.pk}/change/", {"name": "A", "plan_name": "pro", **SENT}
    for nothing in ({}, {"why": "   "}):
        assert client.post(page, wanted | nothing).status_code == 200, "it asks again"
    alice.refresh_from_db()
    assert (alice.plan_name, AuditEntry.objects.filter(actor=user).count()) == ("free", 0)
    client.post(page, wanted | {"why": "Paid by transfer"})
    alice.refresh_from_db()
    assert alice.plan_name == "pro"
    kept = AuditEntry.objects.get(actor=user)
    assert (kept.verb, kept.kind, kept.subject) == ("Changed", "user", str(alice.pk))
    assert (kept.detail, kept.reason) == ("Name, Plan (free → pro)", "Paid by transfer")
