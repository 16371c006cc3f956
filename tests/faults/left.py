"""What is left when a site should be quiet and is not: each unfinished job, each worker's sign of life, each queue.

python -m tests.faults.left       with the environment of the site that is looked at
"""

from __future__ import annotations

from collections.abc import Iterator

import django


def lines() -> Iterator[str]:
    from django.conf import settings
    from django.db.models.functions import Now

    from processing.models import Job, Worker

    for job in Job.objects.unfinished().annotate(now=Now()).order_by("turn", "created"):
        facts = {
            "attempt": job.attempt,
            "stage": job.stage or "-",
            "queue": job.queue,
            "turn": job.turn,
            "age": _seconds(job.now, job.created),
            "rung": _seconds(job.now, job.rung),
            "started": _seconds(job.now, job.started),
            "lease left": _seconds(job.lease_until, job.now),
            "held by": str(job.lease_token)[:8],
            "error": job.error_code or "-",
        }
        yield f"{str(job.pk)[:8]} {job.status}: " + ", ".join(
            f"{key} {value}" for key, value in facts.items()
        )
    for worker in Worker.objects.annotate(now=Now()).order_by("seen"):
        yield f"worker {worker.name}: seen {_seconds(worker.now, worker.seen)} ago, queues {worker.queues}"
    if settings.BROKER_URL.startswith("redis"):
        yield from _messages(settings.BROKER_URL)


def _seconds(later: object, earlier: object) -> str:
    return f"{(later - earlier).total_seconds():.1f} s" if later and earlier else "-"  # type: ignore[operator]


def _messages(url: str) -> Iterator[str]:
    import redis
    from django.conf import settings

    broker = redis.Redis.from_url(url, socket_timeout=5)
    waiting = {name: broker.llen(name) for name in settings.ALL_QUEUES}
    yield f"messages waiting {waiting}, with workers {broker.hlen('unacked')}"
    for client in broker.client_list():
        yield f"client of Redis: {client['addr']} {client['cmd']} idle {client['idle']} s"


if __name__ == "__main__":
    django.setup()
    print("\n".join(lines()))
