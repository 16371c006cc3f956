"""Whose turn it is: fair between owners, weighted by plan, read from an index however long the queue is."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts import quotas
from accounts.models import CREDIT, User
from processing import jobs, queues, tasks
from processing.models import Batch, Job, Source
from processing.pipeline.recipe import Recipe
from tests import fakes

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(seconds=60)


def owner_with(name: str, photos: int = 0, plan: str = "free") -> User:
    """A user with a photo that waits so many times, in one queue."""
    user = User.objects.create_user(f"{name}@example.org")
    User.objects.filter(pk=user.pk).update(plan_name=plan)
    user.refresh_from_db()
    quotas.grant(user, (photos + 20) * CREDIT, f"for {name}")
    photo = Source.objects.create(
        owner=user, sha256=(name * 9)[:64], file=name, media_type="image/png", size=1, width=9, height=9
    )
    step, first = user.plan.priority, queues.turn_for(user, "small")
    Job.objects.bulk_create(
        Job(owner=user, source=photo, name=name, model="u2net", turn=first + number * step)
        for number in range(photos)
    )
    return user


def one_more(user: User) -> Job:
    return jobs.submit(user, jobs.Upload("one.png", fakes.photo(shade=user.pk % 200)), Recipe())


def claimed(queue: str = "small") -> Job:
    found = Job.objects.claim_next(queue, uuid.uuid4(), LEASE)
    assert found is not None
    return Job.objects.select_related("owner").get(pk=found)


def test_a_batch_does_not_hold_up_the_single_photos_of_its_owner(bell) -> None:
    user = owner_with("shop", 30, plan="business")
    batch = Batch.objects.create(owner=user, name="night")
    Job.objects.update(batch=batch)
    claimed()
    first, second = (
        one_more(user),
        jobs.submit(user, jobs.Upload("two.png", fakes.photo(shade=201)), Recipe()),
    )
    assert jobs.position(first) <= 2
    taken = [claimed().pk for _ in range(5)]
    assert first.pk in taken[:2] and second.pk in taken
    assert taken.index(first.pk) < taken.index(second.pk)


@pytest.mark.both
def test_a_batch_of_a_thousand_delays_another_s_photo_by_less_than_two_jobs(bell) -> None:
    owner_with("batch", 1000)
    for _ in range(400):
        claimed()  # some are done, so that its turns are far from zero
    running = claimed()
    single = one_more(owner_with("single"))
    assert jobs.position(single) <= 2
    taken = [claimed().pk for _ in range(2)]
    assert single.pk in taken, "the one in work and at most one more come before it"
    assert running.pk not in taken


def test_two_batches_take_turns(bell) -> None:
    owner_with("first", 50)
    owner_with("second", 50)
    assert Counter(claimed().owner.email[0] for _ in range(20)) == {"f": 10, "s": 10}


def test_a_plan_with_priority_gets_more_and_starves_nobody(bell) -> None:
    owner_with("free", 100)
    owner_with("business", 100, plan="business")
    taken = Counter(claimed().owner.email.partition("@")[0] for _ in range(50))
    assert taken == {"business": 45, "free": 5}


def test_one_after_another_does_not_overtake_a_batch_for_ever(bell) -> None:
    batch = owner_with("batch", 20)
    other = owner_with("other")
    taken = []
    for shade in range(10):
        jobs.submit(other, jobs.Upload("one.png", fakes.photo(shade=shade)), Recipe())
        taken.append(claimed().owner_id)
    assert Counter(taken)[batch.pk] >= 4


def test_a_job_that_comes_back_is_next(user, bell) -> None:
    batch = owner_with("batch", 20)
    lost = claimed()
    for _ in range(5):
        claimed()
    Job.objects.filter(pk=lost.pk).update(lease_until=Now() - timedelta(seconds=1))
    jobs.sweep()
    assert lost.pk in {claimed().pk, claimed().pk}
    assert lost.owner == batch


@pytest.mark.both
def test_a_doorbell_wakes_a_worker_for_the_fairest_and_not_for_its_own(user, bell, model) -> None:
    first, late = (
        jobs.submit(user, jobs.Upload("a.png", fakes.photo(shade=shade)), Recipe()) for shade in (1, 2)
    )
    tasks.run_job(str(late.pk), "small")
    first.refresh_from_db()
    late.refresh_from_db()
    assert (first.status, late.status) == (Job.Status.SUCCEEDED, Job.Status.QUEUED)


def test_queues_by_size_model_and_service(settings) -> None:
    settings.MODEL_QUEUES = {"birefnet-general": "gpu"}
    assert queues.queue_of("u2net", 1_000_000) == "small"
    assert queues.queue_of("u2net", settings.LARGE_PIXELS + 1) == "large"
    assert queues.queue_of("bria-api", 1_000_000) == "remote"
    assert queues.queue_of("birefnet-general", 50_000_000) == "gpu"


def test_a_queue_that_is_no_longer_served_is_emptied_into_another(user, bell) -> None:
    job = one_more(user)
    Job.objects.filter(pk=job.pk).update(queue="gone")
    assert queues.unknown() == 1
    assert claimed().pk == job.pk


def test_the_sweep_rings_for_the_head_of_each_queue(user, bell) -> None:
    job = one_more(user)
    Job.objects.filter(pk=job.pk).update(queue="large", rung=None)
    bell.rung.clear()
    jobs.sweep()
    jobs.sweep()
    assert bell.rung == [job.pk]


def test_what_was_held_back_joins_again_at_the_head(user, bell) -> None:
    owner_with("batch", 20)
    held = one_more(user)
    Job.objects.filter(pk=held.pk).update(held=True)
    assert held.pk not in {claimed().pk for _ in range(5)}
    queues.rejoin(Job.objects.filter(pk=held.pk))
    Job.objects.filter(pk=held.pk).update(held=False)
    held.refresh_from_db()
    assert held.turn == queues.head("small") > 0


def many_waiting(count: int) -> None:
    """So many rows of two hundred owners' worth of turns, made by the database itself."""
    user = owner_with("many")
    photo = Source.objects.get(owner=user)
    numbers = {
        "postgresql": f"SELECT n FROM generate_series(1, {count}) AS n",
        "sqlite": f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT {count}) SELECT n FROM c",
    }[connection.vendor]
    key = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}[connection.vendor]
    blank = (
        "'', '', '{}', '{}', 0, 0, 0"
        if connection.vendor == "sqlite"
        else "'', '', '{}'::jsonb, '{}'::jsonb, 0, 0, 0"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO processing_job (id, owner_id, source_id, name, model, status, queue, turn, created,"
            " recipe, error_code, error_facts, made_by, revision, attempt, cost, stage, held)"
            f" SELECT {key}, %s, %s, 'x', 'u2net', 'queued', 'small', n, CURRENT_TIMESTAMP, {blank}, '', false"
            f" FROM ({numbers}) AS rows",
            [user.pk, photo.pk.hex if connection.vendor == "sqlite" else photo.pk],
        )
        cursor.execute("ANALYZE processing_job")


@pytest.mark.both
def test_claiming_reads_an_index_with_a_hundred_thousand_waiting(bell) -> None:
    many_waiting(100_000)
    user = User.objects.get(email="many@example.org")
    plan = Job.objects.waiting_in("small").values_list("pk")[:1].explain()
    assert "jobs_by_turn" in plan
    assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan
    behind = (
        Job.objects.claimable()
        .filter(owner=user, queue="small")
        .order_by("-turn")
        .values("turn")[:1]
        .explain()
    )
    assert "jobs_of_owner_by_turn" in behind or "jobs_by_turn" in behind, behind
    assert "TEMP B-TREE" not in behind, behind
    assert claimed().turn == 1
