"""Many saves of one revision at once: one wins, the others are told, on every database."""

from __future__ import annotations

import pytest

from processing import masks, tasks
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.strokes import Invert
from tests import fakes
from tests.together import at_once

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def test_one_of_many_saves_wins(done: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.mask, "apply_async", fakes.Bell().apply_async)
    masks.open_mask(done)

    def save() -> str:
        try:
            return str(masks.save(done, 0, 0, [Invert()]).number)
        except Refused as refusal:
            return refusal.code

    outcomes = at_once(*[save] * 50)
    assert sorted(map(str, outcomes)) == ["1", *["version_conflict"] * 49]
    assert done.mask_revisions.count() == 2
