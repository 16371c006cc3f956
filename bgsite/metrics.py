"""GET /metrics for Prometheus, read from the database at each scrape, so that it is right with any number of web
processes and none of it is lost when one ends. deploy/ has rules and a dashboard that use these names."""

from __future__ import annotations

import hmac
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from accounts import sharing
from accounts.models import User
from bgsite.middleware import lacks_second_factor
from editor.models import Feedback
from processing import figures, intake, messages
from processing.models import Tally
from processing.tally import BOUNDS


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    if not allowed(request):
        return HttpResponse(
            "Send METRICS_TOKEN as Authorization: Bearer.\n", status=401, content_type="text/plain"
        )
    registry = CollectorRegistry()
    registry.register(FromDatabase())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def allowed(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode()):
        return True
    user = request.user
    may = isinstance(user, User) and user.is_staff and user.has_perm("processing.view_tally")
    return may and not lacks_second_factor(request)


class FromDatabase(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from now()
        yield ended()
        yield from cache()
        yield times()
        yield costs()
        yield opinions()


def now() -> Iterator[Metric]:
    """What is true at this moment, read from the rows."""
    queue = figures.queue()
    yield GaugeMetricFamily("bgsite_queue_jobs", "Jobs that wait.", queue.waiting)
    yield GaugeMetricFamily("bgsite_queue_oldest_seconds", "How long the oldest has waited.", queue.oldest)
    yield from by_queue()
    yield GaugeMetricFamily("bgsite_running_jobs", "Jobs that are worked on.", queue.running)
    yield GaugeMetricFamily("bgsite_workers_alive", "Workers that gave a sign of life lately.", queue.workers)
    yield GaugeMetricFamily("bgsite_doubtful_results", "Results to look at, up to 1,000.", figures.doubtful())
    found = sharing.shared().count()
    yield GaugeMetricFamily(
        "bgsite_keys_shared", "Keys used from many addresses within an hour, lately.", found
    )
    free = shutil.disk_usage(settings.DATA_DIR).free
    yield GaugeMetricFamily("bgsite_disk_free_bytes", "Bytes that are free where the data lies.", free)
    stored = figures.stored()
    if stored:
        yield GaugeMetricFamily("bgsite_stored_bytes", "Bytes of photos and results.", stored.total)
        yield GaugeMetricFamily(
            "bgsite_ledger_unbalanced",
            "Users whose balance is not the sum of their entries.",
            stored.unbalanced,
        )
    paused = int(intake.state().intake_paused)
    yield GaugeMetricFamily("bgsite_intake_paused", "1 while no new photos are taken.", paused)


def by_queue() -> Iterator[Metric]:
    """What workers are added by: how many photos wait in each queue, and how long the first of them has."""
    waiting = GaugeMetricFamily("bgsite_queue_waiting", "Jobs that wait, by queue.", labels=["queue"])
    age = GaugeMetricFamily("bgsite_queue_age_seconds", "How long the oldest has waited.", labels=["queue"])
    found = figures.by_queue()
    for queue in settings.QUEUES:
        count, oldest = found.get(queue, (0, 0.0))
        waiting.add_metric([queue], count)
        age.add_metric([queue], oldest)
    yield waiting
    yield age


def ended() -> Metric:
    words = "Jobs that ended; code is empty for success, fault is 1 where the site itself failed."
    family = CounterMetricFamily("bgsite_jobs", words, labels=["model", "code", "fault"])
    for model, code, count in Tally.objects.order_by().values_list("model", "code").annotate(Sum("count")):
        fault = str(int(bool(code) and messages.message(code).status >= 500))
        family.add_metric([model, code, fault], count)
    return family


def opinions() -> Metric:
    family = GaugeMetricFamily("bgsite_opinions", "What people said of results.", labels=["model", "good"])
    for model, said in Feedback.objects.by_model(timezone.now() - timedelta(days=30)).items():
        family.add_metric([model, "1"], said.good)
        family.add_metric([model, "0"], said.bad)
    return family


def cache() -> Iterator[Metric]:
    """How many were answered by a result that was there; with `bgsite_jobs_total{code=""}` the hit ratio."""
    hits = CounterMetricFamily("bgsite_cached_jobs", "Jobs answered from the result cache.", labels=["model"])
    for model, count in Tally.objects.order_by().values_list("model").annotate(Sum("cached")):
        hits.add_metric([model], count)
    yield hits
    yield GaugeMetricFamily(
        "bgsite_cache_hit_ratio",
        "Share of the last day's results that came from the cache.",
        figures.hit_ratio(),
    )


def times() -> Metric:
    """From upload to result, of photos that were done."""
    family = HistogramMetricFamily(
        "bgsite_job_seconds", "From upload to result, in seconds.", labels=["model"]
    )
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
    totals: dict[str, float] = defaultdict(float)
    done = Tally.objects.filter(code="").order_by().values_list("model", "bucket")
    for model, bucket, count, seconds in done.annotate(Sum("count"), Sum("seconds")):
        counts[model][bucket] = count
        totals[model] += seconds
    for model, found in counts.items():
        family.add_metric([model], _cumulative(found), totals[model])
    return family


def costs() -> Metric:
    family = CounterMetricFamily("bgsite_provider_dollars", "US dollars paid to providers.", labels=["model"])
    for model, fee in Tally.objects.order_by().values_list("model").annotate(Sum("fee")):
        family.add_metric([model], fee)
    return family


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
    return [(bound, float(sum(counts[: number + 1]))) for number, bound in enumerate(bounds)]
