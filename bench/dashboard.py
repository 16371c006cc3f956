"""How long the operators' pages take with a million jobs in PostgreSQL, and by which indexes they are read.

    python -m bench.dashboard                 # a million jobs; takes some minutes and 2 GB of disk
    python -m bench.dashboard --jobs 100000

Starts a PostgreSQL of its own, fills it by bulk SQL with jobs, pictures, ledger, figures and opinions of a month,
and asks the pages through Django's test client: the time of the server alone, without network and browser. Every
SELECT that a page made is explained; sequential scans of the large tables are printed, as they grow with the load.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USERS, ROUNDS, TARGET_MS = 5000, 7, 500
LARGE = ("processing_job", "processing_rendition", "processing_source", "accounts_creditentry")
NAMED = re.compile(
    r"^(jobs|audit|user_days|credits|payments|feedback|one_tally|letters|processing_job)"
).match
PAGES = {
    "figures, 24 hours": "/admin/?span=24h",
    "figures, 30 days": "/admin/?span=30d",
    "figures, a year": "/admin/?span=52w",
    "jobs": "/admin/processing/job/",
    "jobs, page 100": "/admin/processing/job/?p=100",
    "jobs that failed, 7 days": "/admin/processing/job/?since=168&status__exact=failed",
    "jobs of a code": "/admin/processing/job/?error=worker_crashed",
    "jobs of an owner": "/admin/processing/job/?q=user-4321@",
    "doubtful results": "/admin/processing/doubtful/",
    "users": "/admin/accounts/user/",
    "ledger": "/admin/accounts/creditentry/",
    "operators' log": "/admin/accounts/auditentry/",
    "/metrics": "/metrics",
}

FILL = {
    "users": """
        INSERT INTO accounts_user (password, is_superuser, email, name, is_active, is_staff, is_unlimited, is_guest,
            plan_name, balance, refill, told_used, allowance, date_joined)
        SELECT '!', false, 'user-' || n || '@example.org', '', true, false, false, false, 'pro', 0, 0, 0, '',
            now() - interval '60 days' FROM generate_series(1, %(users)s) n""",
    "sources": """
        INSERT INTO processing_source (id, owner_id, sha256, file, media_type, size, width, height, preview, created)
        SELECT gen_random_uuid(), u.id, md5(n::text) || md5((n + 1)::text), 'u/' || n, 'image/jpeg', 2400000, 3000,
            2000, '', now() - random() * interval '30 days'
        FROM generate_series(1, %(jobs)s / 5) n
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS r FROM accounts_user WHERE NOT is_staff) u
            ON u.r = 1 + (n %% %(users)s)""",
    "jobs": """
        INSERT INTO processing_job (id, owner_id, source_id, name, model, recipe, cost, worth, cached, held, status,
            stage, queue, turn, attempt, created, started, finished, expires, revision, error_code, error_facts,
            made_by, confidence)
        SELECT gen_random_uuid(), s.owner_id, s.id, 'photo.jpg',
            (ARRAY['u2net','u2net','isnet-general-use'])[1 + n %% 3],
            '', 100, 100, false, false, CASE WHEN n %% 80 = 0 THEN 'failed' ELSE 'succeeded' END, '', 'small', 0, 1,
            t, t + interval '1 second', t + interval '3 seconds', t + interval '90 days', 0,
            CASE WHEN n %% 160 = 0 THEN 'worker_crashed' WHEN n %% 80 = 0 THEN 'unknown_foreground' ELSE '' END,
            '{}', '{"model": "u2net", "device": "cpu"}',
            CASE WHEN n %% 80 = 0 THEN NULL ELSE 1 - 0.6 * power(random(), 6) END
        FROM (SELECT n, now() - interval '1 minute' - random() * interval '30 days' AS t
              FROM generate_series(1, %(jobs)s) n) at
        JOIN (SELECT id, owner_id, row_number() OVER () AS r FROM processing_source) s
            ON s.r = 1 + (n %% (%(jobs)s / 5))""",
    "jobs that wait": """
        UPDATE processing_job SET status = 'queued', started = NULL, finished = NULL, expires = NULL,
            confidence = NULL, created = now() - interval '20 seconds'
        WHERE id IN (SELECT id FROM processing_job WHERE status = 'succeeded' LIMIT 500)""",
    "renditions": """
        INSERT INTO processing_rendition (job_id, recipe, revision, file, media_type, size, width, height, sha256,
            created, status, attempt, error_code)
        SELECT id, '', 0, 'u/r/' || id, 'image/png', 1800000, 3000, 2000, '', finished, 'made', 0, ''
        FROM processing_job WHERE status = 'succeeded'""",
    "ledger": """
        INSERT INTO accounts_creditentry (user_id, kind, amount, key, reason, created)
        SELECT owner_id, 'reserve', -100, 'reserve:' || id, '', created FROM processing_job
        UNION ALL SELECT owner_id, 'settle', 0, 'close:' || id, '', finished FROM processing_job
            WHERE finished IS NOT NULL
        UNION ALL SELECT id, 'grant', 100000000, 'welcome:' || id, 'Welcome', now() - random() * interval '30 days'
            FROM accounts_user""",
    "balances": """
        UPDATE accounts_user SET balance = sums.total
        FROM (SELECT user_id, sum(amount) AS total FROM accounts_creditentry GROUP BY user_id) sums
        WHERE sums.user_id = accounts_user.id""",
    "tallies": """
        INSERT INTO processing_tally (hour, model, code, bucket, size, count, seconds, worked, fee, credits, cached)
        SELECT date_trunc('hour', finished), model, error_code, (random() * 8)::int, 3, count(*), 3 * count(*),
            2 * count(*), 0, 100 * count(*), 0
        FROM processing_job WHERE finished IS NOT NULL GROUP BY 1, 2, 3""",
    "days": """
        INSERT INTO processing_userday (user_id, day, done, failed, worked)
        SELECT owner_id, finished::date, count(*), 0, 2 * count(*) FROM processing_job
        WHERE finished IS NOT NULL GROUP BY 1, 2""",
    "opinions": """
        INSERT INTO editor_feedback (job_id, owner_id, model, good, reason, text, created, changed)
        SELECT id, owner_id, model, random() < 0.9, '', '', finished, finished FROM processing_job
        WHERE status = 'succeeded' AND random() < 0.04""",
}  # fmt: skip


@dataclass
class Asked:
    """What the queries of a page cost and read."""

    queries: int = 0
    indexes: set[str] = field(default_factory=set)
    scans: dict[str, int] = field(default_factory=dict)  # large tables that were read from end to end: rows

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries += 1
        if sql.startswith("SELECT") and "pg_class" not in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                answer = cursor.fetchone()[0]
            self._read((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
        return execute(sql, params, many, context)

    def _read(self, node: dict[str, Any]) -> None:
        if "Index Name" in node:
            self.indexes.add(node["Index Name"])
        elif node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE:
            self.scans[node["Relation Name"]] = node["Plan Rows"]
        for part in node.get("Plans", []):
            self._read(part)


@contextmanager
def site() -> Iterator[None]:
    """Django on a PostgreSQL of its own, migrated and empty."""
    from tests import servers

    with servers.postgres() as url, tempfile.TemporaryDirectory(prefix="bgsite-dashboard-") as folder:
        os.environ |= {"DATABASE_URL": url, "DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "bgsite.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def fill(jobs: int) -> None:
    from django.db import connection

    for what, sql in FILL.items():
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(sql, {"jobs": jobs, "users": USERS} if "%(" in sql or "%%" in sql else None)
            print(
                f"  {what:<16} {cursor.rowcount:>10,} rows  {time.perf_counter() - began:6.1f} s", flush=True
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure() -> bool:
    """Prints a row for each page; whether all are quick enough."""
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from processing import figures

    began = time.perf_counter()
    figures.count_stored(again=True)
    print(
        f"storage and balances, counted by a worker every ten minutes: {time.perf_counter() - began:.1f} s\n"
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("owner@example.org"))
    good = True
    print(f"{'page':<26} {'median':>8} {'worst':>8} {'SQL':>5}  indexes")
    for name, address in PAGES.items():
        asked = Asked()
        with connection.execute_wrapper(asked):
            assert client.get(address).status_code == 200, address
        times = sorted(_milliseconds(client, address) for _ in range(ROUNDS))
        good &= statistics.median(times) < TARGET_MS
        indexes = ", ".join(sorted(filter(NAMED, asked.indexes))) or "–"
        print(
            f"{name:<26} {statistics.median(times):>5.0f} ms {times[-1]:>5.0f} ms {asked.queries:>5}  {indexes}"
        )
        for table, rows in asked.scans.items():
            print(f"{'':<26} reads all of {table}, for {rows:,} rows")
    return good


def _milliseconds(client: Any, address: str) -> float:
    began = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - began) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    jobs = parser.parse_args().jobs
    with site():
        print(f"{jobs:,} jobs of {USERS:,} users:")
        fill(jobs)
        good = measure()
        from django.db import connection

        connection.close()
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
