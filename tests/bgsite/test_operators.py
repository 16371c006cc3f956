"""The operators' pages: figures, who may see and do what, what is kept of it, and Prometheus."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts import quotas
from accounts.models import CREDIT, AuditEntry, CreditEntry, Payment, User
from bgsite import doctor, metrics
from bgsite.dashboard import time_series
from bgsite.dashboard.cards import cards
from bgsite.dashboard.charts import charts
from bgsite.dashboard.tables import TABLES
from editor.demo import opinions
from editor.models import Feedback
from processing import demo, figures, intake
from processing.models import Tally
from tests import ledger
from tests.operators import SENT, person

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def month() -> None:
    demo.make(users=5, jobs=300)


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "start")
    return user


# --- Figures ---------------------------------------------------------------------------------------------


def test_the_generated_month_adds_up(month):
    ledger.check()
    found = figures.of(figures.SPANS["30d"])
    within = Tally.objects.filter(hour__gte=found.steps[0]).values_list("count", flat=True)
    assert found.total.done + found.total.failed == sum(within) > 200
    assert found.total.done == sum(each.done for each in found.by_step)
    assert found.total.done == sum(each.done for each in found.by_model.values())
    assert sum(found.by_code.values()) == found.total.failed
    assert 0.5 < found.total.p50 < found.total.p95 < 20


def test_no_figures_at_all():
    found = figures.of(figures.SPANS["24h"])
    assert (found.total.cost, found.total.p95, found.total.good_share, found.total.slow_share) == (0, 0, 1, 0)
    assert figures.queue() == figures.Queue(0, 0, 0.0, 0.0, 0, 0)


@pytest.mark.parametrize("span", ["24h", "7d", "30d", "nonsense", ""])
def test_the_first_page(month, span):
    _, client = person("viewer")
    page = client.get(f"/admin/?span={span}").content.decode()
    assert page.count('class="chart"') == 6
    assert "demo-1@example.org" in page
    for unit in ("photos per", "seconds", "US dollars"):
        assert unit in page


def test_the_first_page_asks_little(month, django_assert_max_num_queries):
    _, client = person("viewer")
    client.get("/admin/")
    with django_assert_max_num_queries(35):
        client.get("/admin/?span=30d")


def test_export(month):
    _, client = person("viewer")
    answer = client.get("/admin/figures.csv?span=7d")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 28
    assert sum(int(row["done"]) for row in rows) == figures.of(figures.SPANS["7d"]).total.done


@pytest.mark.parametrize("table", TABLES)
def test_every_table_on_the_page_and_as_a_file(month, table):
    opinions()
    _, client = person("viewer")
    answer = client.get(f"/admin/figures.csv?span=30d&table={table}")
    lines = list(csv.reader(io.StringIO(answer.content.decode())))
    assert lines[0] == list(TABLES[table].columns)
    assert len(lines) > 1 or table == "workers"
    if TABLES[table].on_page:
        assert TABLES[table].title in client.get("/admin/?span=30d").content.decode()


def test_no_such_table(month):
    _, client = person("viewer")
    assert client.get("/admin/figures.csv?table=passwords").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "step", "steps"),
    [
        ("2026-11-01", "2026-11-01", 1, 24),
        ("2026-11-01", "2026-11-07", 6, 28),
        ("2026-11-01", "2026-11-30", 24, 30),
        ("2026-01-01", "2026-12-31", 168, 53),
    ],
)
def test_days_that_were_chosen(first, last, step, steps):
    span = figures.between(date.fromisoformat(first), date.fromisoformat(last))
    assert span and span.step == step
    found = figures.of(span)
    assert len(found.steps) == steps
    assert found.period[1].date() == date.fromisoformat(last) + timedelta(days=1)


@pytest.mark.parametrize(
    "asked",
    [
        "from=2026-11-02&to=2026-11-01", "from=1900-01-01&to=2026-11-01", "from=2026-02-31&to=2026-03-01",
        "from=x&to=y", "from=2026-11-01", "from=0001-01-01&to=0001-01-02", "from=9999-12-31&to=9999-12-31",
    ],
)  # fmt: skip
def test_days_that_make_no_sense(month, asked):
    _, client = person("viewer")
    answer = client.get(f"/admin/?{asked}")
    assert answer.status_code == 200


def test_only_what_was_in_the_days_counts(month):
    in_all = sum(Tally.objects.values_list("count", flat=True))
    days = [figures.between(*2 * [timezone.now().date() - timedelta(days=n)]) for n in range(34)]
    counted = [figures.of(day).total for day in days if day]
    assert sum(each.done + each.failed for each in counted) == in_all


def test_satisfaction_is_held_against_its_target(month):
    opinions()
    found = figures.of(figures.SPANS["30d"])
    card = next(card for card in cards(found) if card.title == "Satisfied")
    said = Feedback.objects.satisfaction(*found.period)
    assert said.rate is not None and card.good is (said.rate >= 0.85)
    Feedback.objects.update(good=False)
    card = next(card for card in cards(found) if card.title == "Satisfied")
    assert (card.value, card.good) == ("0.00 %", False)
    Feedback.objects.all().delete()
    card = next(card for card in cards(found) if card.title == "Satisfied")
    assert (card.value, card.good) == ("–", None)


def test_what_takes_long_is_counted_by_workers_alone(month, django_assert_max_num_queries):
    kept = figures.stored()
    assert kept and kept.total == sum(size for _, size in kept.owners) > 0
    cache.clear()
    assert figures.stored() is None
    _, client = person("viewer")
    assert "A worker counts this" in client.get("/admin/").content.decode()
    figures.count_stored()
    assert figures.stored() is not None
    with django_assert_max_num_queries(0):
        figures.count_stored()  # not again so soon


def test_given_and_sold(alice):
    quotas.grant(alice, 7 * CREDIT, "payment:in_1", "Pro")
    quotas.take(alice, 2 * CREDIT, "correction:in_1:1")
    found = figures.given(*figures.of(figures.SPANS["24h"]).period)
    assert found == figures.Given(sold=7, granted=10, taken=2)


# --- Money and opinions over time -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["24h", "30d", "52w"])
def test_income_and_opinions_add_up_to_what_the_cards_say(month, name):
    opinions()
    found = figures.of(figures.SPANS[name])
    income = {currency: sum(amounts) for currency, amounts in time_series.income(found).items()}
    assert income == dict(figures.revenue(*found.period))
    said = Feedback.objects.satisfaction(*found.period)
    spoken = {word: sum(count) for word, count in time_series.opinions(found).items()}
    assert (spoken.get("good", 0), spoken.get("not good", 0)) == (said.good, said.bad)
    assert name == "24h" or (said.good and income), "a month has some of both"


def test_income_lies_on_the_day_it_was_paid_whatever_the_clock_of_the_pages(alice, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    facts = {"user": alice, "livemode": False, "product": "pack_100", "credits": 0, "amount": 900}
    late, early = datetime(2026, 3, 1, 23, 59, tzinfo=UTC), datetime(2026, 3, 2, 0, 1, tzinfo=UTC)
    Payment.objects.create(id="a", paid=late, currency="eur", **facts)
    Payment.objects.create(id="b", paid=early, currency="eur", amount_back=300, **facts)
    Payment.objects.create(id="c", paid=early, currency="jpy", **facts)
    span = figures.between(date(2026, 3, 1), date(2026, 3, 20))
    assert span and span.step == 24
    found = figures.of(span)
    assert {currency: amounts[:3] for currency, amounts in time_series.income(found).items()} == {
        "eur": [900, 600, 0], "jpy": [0, 900, 0],
    }  # fmt: skip
    drawn = {chart.title: json.loads(chart.data) for chart in charts(found)}["Income, less refunds"]
    assert [(each["label"], each["data"][:3]) for each in drawn["datasets"]] == [
        ("EUR", [9.0, 6.0, 0.0]), ("JPY", [0, 900, 0]),
    ]  # fmt: skip


# --- Who may what ----------------------------------------------------------------------------------------

MAY = {
    "": {},
    "viewer": {"see"},
    "support": {"see", "grant"},
    "operator": {"see", "grant", "pause", "suspend"},
    "owner": {"see", "grant", "pause", "suspend"},
}


@pytest.mark.parametrize("role", MAY)
def test_see(role):
    _, client = person(role)
    allowed = "see" in MAY[role]
    assert client.get("/admin/figures.csv").status_code == (200 if allowed else 403)
    assert ("data-dashboard" in client.get("/admin/", follow=True).content.decode()) is allowed


@pytest.mark.parametrize("role", MAY)
def test_pause(role):
    user, client = person(role)
    answer = client.post("/admin/switches/pause", {"reason": "New disks"})
    assert answer.status_code == (302 if "pause" in MAY[role] else 403)
    assert intake.state().intake_paused is ("pause" in MAY[role])
    words = list(AuditEntry.objects.filter(actor=user).values_list("verb", "kind", "reason"))
    assert words == ([("Paused the intake", "site", "New disks")] if "pause" in MAY[role] else [])


@pytest.mark.parametrize("role", MAY)
def test_grant(role, alice):
    user, client = person(role)
    client.post(action(alice, "grant_credits"), SENT | {"credits": 5, "reason": "Sorry"})
    entry = CreditEntry.objects.filter(key__startswith="operator:").first()
    assert bool(entry) is ("grant" in MAY[role])
    if entry:
        assert (entry.amount, entry.reason, entry.by) == (500, "Sorry", user)
        assert LogEntry.objects.get(user=user).change_message == "Granted 5 credits: Sorry"


@pytest.mark.parametrize("role", MAY)
def test_suspend(role, alice):
    _, client = person(role)
    client.post(action(alice, "suspend"), SENT | {"reason": "Abuse"})
    alice.refresh_from_db()
    assert alice.is_active is ("suspend" not in MAY[role])


def action(user: User, name: str) -> str:
    from django.urls import reverse

    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def test_taking_more_than_there_is(alice):
    _, client = person("support")
    client.post(action(alice, "take_credits"), SENT | {"credits": 15, "reason": "Mistake"})
    alice.refresh_from_db()
    assert (alice.balance, quotas.owed(alice)) == (0, 5 * CREDIT)
    ledger.check()


def test_a_suspended_user_is_out_at_once(alice):
    signed_in = Client()
    signed_in.force_login(alice)
    _, client = person("operator")
    client.post(action(alice, "suspend"), SENT | {"reason": "Abuse"})
    assert signed_in.get("/account/billing").status_code == 302
    client.post(action(alice, "let_in"), SENT | {"reason": "Talked"})
    alice.refresh_from_db()
    assert alice.is_active


def test_nobody_makes_themselves_owner(alice):
    user, client = person("operator")
    for target in (user, alice):
        page = f"/admin/accounts/user/{target.pk}/change/"
        fields = {
            "email": target.email,
            "name": "x",
            "plan_name": "free",
            "is_superuser": "on",
            "is_staff": "on",
            "why": "Because",
        }
        client.post(page, fields)
        target.refresh_from_db()
        assert not target.is_superuser
    assert not alice.is_staff


def test_only_an_owner_sets_passwords(alice):
    """A password would open the photos of its user."""
    page = f"/admin/accounts/user/{alice.pk}/password/"
    assert person("operator")[1].get(page).status_code == 403
    assert person("owner")[1].get(page).status_code == 200
    assert (
        "password"
        not in person("support")[1].get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    )


def test_operators_are_out_of_reach_of_each_other():
    owner, _ = person("owner")
    _, client = person("operator")
    client.post(action(owner, "suspend"), SENT | {"reason": "Coup"})
    owner.refresh_from_db()
    assert owner.is_active


@pytest.mark.parametrize("what", ["job", "worker", "doubtful"])
def test_lists_open(month, what):
    _, client = person("viewer")
    assert client.get(f"/admin/processing/{what}/").status_code == 200


@pytest.mark.parametrize(
    "what", ["user", "apikey", "creditentry", "payment", "subscription", "creditdebt", "stripeevent"]
)
def test_lists_of_accounts_open(month, what):
    _, client = person("viewer")
    assert client.get(f"/admin/accounts/{what}/").status_code == 200


# --- Prometheus ------------------------------------------------------------------------------------------


def test_metrics(month, settings, client):
    settings.METRICS_TOKEN = "let-me-see"
    text = client.get("/metrics", headers={"Authorization": "Bearer let-me-see"}).content.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["bgsite_queue_jobs"].samples[0].value == 0
    assert sum(s.value for s in families["bgsite_jobs"].samples if s.name == "bgsite_jobs_total") == 300
    counts = [s for s in families["bgsite_job_seconds"].samples if s.labels.get("model") == "u2net"]
    buckets = [s.value for s in counts if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    done = sum(Tally.objects.filter(model="u2net", code="").values_list("count", flat=True))
    assert buckets[-1] == done


@pytest.mark.parametrize(
    ("token", "sent"), [("", ""), ("", "Bearer "), ("secret", "Bearer wrong"), ("secret", "")]
)
def test_metrics_are_not_for_everybody(settings, client, token, sent):
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401


def test_metrics_for_operators():
    _, client = person("viewer")
    assert client.get("/metrics").status_code == 200
    _, client = person()
    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize(
    "file", ["prometheus/rules.yml", "grafana/bgsite.json", "kubernetes/autoscaling.yaml"]
)
def test_every_expression_finds_something_in_what_is_shown(month, file):
    """With the very labels, and values of them, that it asks for: a typing mistake would never alert anybody."""
    opinions()
    text = (ROOT / "deploy" / file).read_text().replace('\\"', '"')
    shown = [sample for family in metrics.FromDatabase().collect() for sample in family.samples]
    asked = re.findall(r"(bgsite_\w+)(?:\{([^}]*)\})?", text)
    assert asked
    for name, selector in asked:
        wanted = re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', selector)
        assert len(wanted) == selector.count('"') // 2, selector
        found = [s for s in shown if s.name == name and all(chosen(s.labels, *each) for each in wanted)]
        assert found, f"{name}{{{selector}}}"
    grouped = {label for labels in re.findall(r"by \(([^)]*)\)", text) for label in labels.split(", ")}
    assert grouped <= {label for sample in shown for label in sample.labels}


def chosen(labels, label, how, value):
    """As Prometheus chooses, of labels that are there."""
    if label not in labels:
        return False
    if how == "=~":
        return re.fullmatch(value, labels[label]) is not None
    return (labels[label] == value) is (how == "=")


# --- Commands --------------------------------------------------------------------------------------------


def test_demo_data_is_for_an_empty_site(month):
    with pytest.raises(CommandError, match="already"):
        call_command("demo_data", stdout=io.StringIO())


def test_doctor_says_what_to_fix(alice, settings, tmp_path):
    intake.pause("New disks")
    User.objects.filter(pk=alice.pk).update(balance=5)
    settings.MODELS_DIR = tmp_path
    settings.DEBUG = True
    answers = {answer.what: answer for answer in doctor.ask()}
    assert {what for what, answer in answers.items() if not answer.good} >= {
        "workers", "model", "ledger", "intake", "settings",
    }  # fmt: skip
    assert "manage.py models fetch u2net" in answers["model"].words
    assert "alice@example.org" in answers["ledger"].words
    for good in ("database", "storage", "cache", "mail", "clock"):
        assert answers[good].good, answers[good]
    with pytest.raises(CommandError, match="are wrong"):
        call_command("doctor", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("what", "broken", "advice"),
    [
        ("database", "bgsite.doctor.MigrationExecutor", "Check DATABASE_URL"),
        ("clock", "bgsite.doctor.connection.cursor", "Check DATABASE_URL"),
        ("broker", "bgsite.doctor.health.broker", "Check BROKER_URL"),
        ("workers", "bgsite.doctor.figures.queue", "Check DATABASE_URL"),
        (
            "storage",
            "bgsite.doctor.default_storage.save",
            "Check S3_BUCKET and its keys, or the rights of DATA_DIR",
        ),
        ("disk", "bgsite.doctor.shutil.disk_usage", "Check that DATA_DIR is there"),
        ("model", "bgsite.doctor.weights.locate", "Check MODELS_DIR"),
        ("cache", "bgsite.doctor.cache.set", "Check that Redis runs"),
        ("stripe", "bgsite.doctor.billing.is_on", "Run manage.py billing check"),
        ("ledger", "bgsite.doctor.reconcile.unbalanced", "Check DATABASE_URL"),
        ("log", "bgsite.doctor.audit_triggers.missing", "Check DATABASE_URL"),
        ("intake", "bgsite.doctor.intake.state", "Check DATABASE_URL"),
    ],
)
def test_doctor_asks_on_and_says_what_helps_whatever_breaks(monkeypatch, what, broken, advice):
    def gone(*args, **kwargs):
        raise OSError("gone")

    monkeypatch.setattr(broken, gone)
    answers = {answer.what: answer for answer in doctor.ask()}
    assert set(answers) == set(doctor.QUESTIONS), "the questions after it are asked as well"
    assert not answers[what].good and "gone" in answers[what].words and advice in answers[what].words


def test_doctor_has_advice_for_everything_it_asks():
    assert set(doctor.HELP) == set(doctor.QUESTIONS)


@pytest.mark.parametrize(
    ("what", "setting", "value", "advice"),
    [
        ("mail", "EMAIL_URL", "smtp://127.0.0.1:9", "Check EMAIL_URL"),
        ("stripe", "STRIPE_SECRET_KEY", "sk_test_x", "Set STRIPE_PRICE_PRO or another price"),
        ("operators", "OPERATOR_MFA", False, "createsuperuser"),
    ],
)
def test_doctor_on_what_is_set_wrongly(monkeypatch, settings, what, setting, value, advice):
    setattr(settings, setting, value)
    if what == "mail":
        smtp = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = smtp, "127.0.0.1", 9
    answer = {answer.what: answer for answer in doctor.ask()}[what]
    assert not answer.good and advice in answer.words
