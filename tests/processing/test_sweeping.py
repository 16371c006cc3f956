"""The sweep of files in slices: all owners get their turn, names are looked up by the hundred, nobody's file goes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from accounts.models import User
from processing import storage, sweeping
from processing.models import Source

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


@pytest.fixture(autouse=True)
def from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_reached", "")


def orphans(*owners: int, each: int = 2) -> set[str]:
    return {storage.save(f"u/{owner}/jobs/x/{n}.png", b"x") for owner in owners for n in range(each)}


def test_owners_take_turns_until_all_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    left = orphans(1, 2, 10, 33)
    rounds = [sweeping.sweep_slice(NOW) for _ in range(4)]
    assert [len(gone) for gone in rounds] == [2, 2, 2, 2]
    assert set().union(*rounds) == left and not list(storage.names_under("u"))
    assert sweeping.sweep_slice(NOW) == []


def test_a_slice_is_no_larger_than_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 3)
    orphans(1, 2, 3, 4)
    assert len(sweeping.sweep_slice(NOW)) == 4, "two owners: the first does not fill it"


def test_the_young_and_the_known_stay() -> None:
    user = User.objects.create_user("alice@example.org")
    name = storage.save(f"u/{user.pk}/sources/a.png", b"x")
    Source.objects.create(
        owner=user, sha256="0" * 64, file=name, size=1, media_type="image/png", width=1, height=1
    )
    young = orphans(user.pk)
    assert sweeping.sweep_slice(timedelta(hours=1)) == []
    assert set(sweeping.sweep_slice(NOW)) == young
    assert list(storage.names_under("u")) == [name]


def test_names_are_looked_up_by_the_hundred(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    """Fifty thousand names, as a store would list them, cost a query for each five hundred of a kind."""
    kinds = ("sources", "previews", "alphas", "jobs/x")
    names = [f"u/7/{kinds[n % 4]}/{n}.png" for n in range(50_000)]
    monkeypatch.setattr(storage, "names_under", lambda prefix: iter(names))
    monkeypatch.setattr(sweeping.default_storage, "get_modified_time", lambda name: sweeping.timezone.now())
    with django_assert_max_num_queries(4 * 100):
        assert sweeping.sweep(timedelta(hours=1)) == []


def test_workers_begin_at_different_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 1)
    began: Counter[str] = Counter()
    for _ in range(40):
        monkeypatch.setattr(sweeping, "_reached", "")
        orphans(1, 2, 3, 4, each=1)
        began.update(name.split("/")[1] for name in sweeping.sweep_slice(NOW))
    assert len(began) > 1
