"""What `manage.py doctor` asks: does each thing that the product depends on do its work, and if not, what helps?"""

from __future__ import annotations

import shutil
import smtplib
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts import audit_triggers, billing, reconcile
from accounts.models import User
from accounts.products import PRODUCTS
from bgsite import health
from processing import figures, intake, switches
from processing.models import Job
from processing.registry import weights
from processing.registry.errors import RegistryError
from processing.registry.specs import get_spec

FREE_BYTES = 2_000_000_000
OLD_SECONDS = 60
SHARE_OF_CONNECTIONS = 0.8


class Wrong(Exception):
    """What is wrong, and in the second sentence what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    what: str
    good: bool
    words: str


def ask() -> list[Answer]:
    return [_answer(what, question) for what, question in QUESTIONS.items()]


def _answer(what: str, question: Callable[[], str]) -> Answer:
    try:
        return Answer(what, True, question())
    except Wrong as wrong:
        return Answer(what, False, str(wrong))
    except Exception as error:  # whatever a driver raises: it is the answer, and the next question is asked
        return Answer(what, False, f"{type(error).__name__}: {error}. {HELP.get(what, 'See the log.')}")


def database() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise Wrong(f"{len(missing)} migrations are missing. Run manage.py migrate.")
    return f"{connection.vendor}, all migrations are there{_connections()}"


def _connections() -> str:
    """How many of PostgreSQL's connections are in use: each thread that asked it something keeps one."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int, count(*) FROM pg_stat_activity")
        most, used = cursor.fetchone()
    if used > SHARE_OF_CONNECTIONS * most:
        raise Wrong(
            f"{used} of PostgreSQL's {most} connections are in use. Raise its max_connections: docs/deployment.md "
            "says how many the processes take."
        )
    return f", {used} of {most} connections are in use"


def broker() -> str:
    health.broker()
    return settings.BROKER_URL.partition("://")[0]


def workers() -> str:
    queue = figures.queue()
    if not queue.workers:
        raise Wrong(
            "No worker gave a sign of life. Start `celery -A bgsite worker`, or `manage.py up` for all."
        )
    if queue.oldest > OLD_SECONDS:
        raise Wrong(f"The oldest photo waits for {queue.oldest:.0f} s. Start more workers, or raise WORKERS.")
    return f"{queue.workers} alive, {queue.waiting} photos wait"


def storage() -> str:
    """Writes, reads and deletes a file, as a worker does."""
    name = default_storage.save(f"u/doctor/{uuid.uuid4().hex}", ContentFile(b"doctor"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"doctor":
                raise Wrong("A file came back changed. Check the storage before anything else.")
    finally:
        default_storage.delete(name)
    return type(default_storage._wrapped).__name__  # type: ignore[attr-defined]


def disk() -> str:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE_BYTES:
        raise Wrong(
            f"{free / 1e9:.1f} GB are free in {settings.DATA_DIR}. Make room, or lower KEEP_RESULTS_DAYS."
        )
    return f"{free / 1e9:.0f} GB free"


def model() -> str:
    name = switches.default_model()
    try:
        found = weights.locate(get_spec(name), settings.MODELS_DIR)
    except RegistryError as error:
        raise Wrong(f"{error} Run manage.py models fetch {name}.") from None
    return f"{name} in {found}"


def shared_cache() -> str:
    key = f"doctor-{uuid.uuid4().hex}"
    cache.set(key, "here", 30)
    if cache.get(key) != "here":
        raise Wrong("What was written is not there. Sign-in limits count in it: check its server.")
    cache.delete(key)
    return "writes and reads"


def mail() -> str:
    if not settings.EMAIL_URL:
        return "none set: messages are printed (EMAIL_URL)"
    link = get_connection(timeout=5)
    try:
        link.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Wrong(f"The mail server does not answer ({type(error).__name__}). Check EMAIL_URL.") from None
    link.close()
    return "the server takes mail"


def clock() -> str:
    """Leases go by the database's clock; signatures and figures by ours."""
    epoch = "strftime('%s', 'now')" if connection.vendor == "sqlite" else "extract(epoch from now())"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {epoch}")
        there = float(cursor.fetchone()[0])
    off = abs(timezone.now().timestamp() - there)
    if off > 5:
        raise Wrong(f"This machine and the database differ by {off:.0f} s. Set both by NTP.")
    return "agrees with the database"


def stripe() -> str:
    if not billing.is_on():
        return "off: operators grant credits (STRIPE_SECRET_KEY)"
    sold = [product for product in PRODUCTS.values() if product.price]
    if not sold:
        raise Wrong("There is a key, and nothing to sell. Set STRIPE_PRICE_PRO or another price.")
    for product in sold:
        billing.fetch("prices", product.price)
    return f"{'live' if settings.STRIPE_LIVE else 'test'} mode, {len(sold)} prices known"


def ledger() -> str:
    wrong = [str(user) for user in reconcile.unbalanced()[:5]]
    if wrong:
        raise Wrong(
            f"The balance is not the sum of the entries of {', '.join(wrong)}. Somebody wrote by hand."
        )
    return "every balance is the sum of its entries"


def log_is_fixed() -> str:
    lost = audit_triggers.missing(connection)
    if lost:
        raise Wrong(f"The database lets it be changed: {', '.join(lost)} is missing. Ask who took it away.")
    return "fixed: the database refuses changes"


def operators() -> str:
    """Who may do everything here, and whether a password alone opens it."""
    staff = list(User.objects.filter(is_staff=True, is_active=True))
    if not any(user.is_superuser for user in staff):
        raise Wrong("There is no owner. Run manage.py createsuperuser.")
    bare = [user.email for user in staff if not is_mfa_enabled(user)]
    if bare and not settings.OPERATOR_MFA:
        return f"{len(staff)}, {len(bare)} without a second factor (OPERATOR_MFA is off)"
    return f"{len(staff)}, a second factor {'is demanded' if settings.OPERATOR_MFA else 'is set up by all'}"


def secrets() -> str:
    if settings.DEBUG:
        raise Wrong(
            "DEBUG is on: errors show code and settings to everybody. Unset it outside of development."
        )
    return "DEBUG is off"


def taken() -> str:
    state = intake.state()
    if state.intake_paused:
        raise Wrong(f"It is paused: {state.reason}. Open it again on the operators' first page.")
    return f"open, {Job.objects.count():,} photos kept"


QUESTIONS: dict[str, Callable[[], str]] = {
    "database": database,
    "clock": clock,
    "broker": broker,
    "workers": workers,
    "storage": storage,
    "disk": disk,
    "model": model,
    "cache": shared_cache,
    "mail": mail,
    "stripe": stripe,
    "ledger": ledger,
    "log": log_is_fixed,
    "operators": operators,
    "intake": taken,
    "settings": secrets,
}

# For errors of drivers, which say what and not what to do.
OF_DATABASE = "Check DATABASE_URL and that its server runs."
HELP = {
    **dict.fromkeys(("database", "clock", "workers", "ledger", "log", "operators", "intake"), OF_DATABASE),
    "disk": "Check that DATA_DIR is there and may be read.",
    "model": "Check MODELS_DIR and its rights.",
    "mail": "Check EMAIL_URL.",
    "settings": "Check the environment.",
    "broker": "Check BROKER_URL and that Redis runs; photos are still taken and wait.",
    "storage": "Check S3_BUCKET and its keys, or the rights of DATA_DIR.",
    "cache": "Check that Redis runs, or the rights of DATA_DIR/cache.",
    "stripe": "Run manage.py billing check.",
}
