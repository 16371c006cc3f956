from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from processing import backgrounds, caretaker, jobs, owners, storage, tasks
from processing.errors import Refused
from processing.models import Job, Source
from processing.pipeline.codec import decode, encode
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe
from tests import fakes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

BLUE = encode(np.full((48, 64, 3), (10, 20, 200), np.uint8), "png")


def behind(source: Source) -> Recipe:
    return Recipe(background=f"image:{source.sha256}", format="png")


def finished(user, recipe: Recipe) -> Job:
    job = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), recipe)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def test_it_works(user, model, bell, files):
    source = backgrounds.keep(user, BLUE)
    job = finished(user, behind(source))
    assert job.status == Job.Status.SUCCEEDED
    result = job.renditions.get(recipe=job.recipe)
    pixels = decode(storage.read(result.file), settings.IMAGE_LIMITS).rgb
    assert np.abs(pixels[2, 2].astype(int) - (10, 20, 200)).max() <= 2
    assert list(backgrounds.listing(user)) == [source]


def test_the_same_picture_is_kept_once(user, files):
    assert backgrounds.keep(user, BLUE) == backgrounds.keep(user, BLUE)
    assert len(files()) == 1


def test_what_is_no_picture_leaves_nothing(user, files):
    with pytest.raises(Refused) as caught:
        backgrounds.keep(user, b"%PDF-1.7 no picture")
    assert caught.value.code == "unsupported_format"
    assert files() == [] and not Source.objects.exists()


def test_nobody_uses_the_picture_of_another(user, model, bell, files):
    source = backgrounds.keep(User.objects.create_user("bob@example.org"), BLUE)
    with pytest.raises(Refused) as caught:
        jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), behind(source))
    assert caught.value.code == "background_missing"
    assert not Job.objects.exists()
    with pytest.raises(PipelineError):
        backgrounds.pictures(user)(source.sha256)


def test_a_background_that_goes_before_its_job_fails_it_and_is_not_charged(user, model, bell, files):
    source = backgrounds.keep(user, BLUE)
    job = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), behind(source))
    backgrounds.forget(user, source.sha256)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    user.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "background_missing")
    assert user.balance == 1000


def test_a_background_outlives_the_job_it_was_the_photo_of(user, model, bell, files):
    job = finished(user, Recipe())
    backgrounds.keep(user, fakes.photo())
    jobs.delete(job)
    assert backgrounds.listing(user).count() == 1
    backgrounds.forget(user)
    assert files() == [] and not Source.objects.exists()


def test_a_photo_stays_when_it_is_no_background_any_more(user, model, bell, files):
    job = finished(user, Recipe())
    backgrounds.keep(user, fakes.photo())
    backgrounds.forget(user, job.source.sha256)
    assert Source.objects.count() == 1 and not backgrounds.listing(user).exists()


def test_unused_backgrounds_go_with_their_files(user, files):
    backgrounds.keep(user, BLUE)
    Source.objects.update(kept_until=timezone.now() - timedelta(seconds=1))
    caretaker.housekeeping()
    assert files() == [] and not Source.objects.exists()


def test_use_keeps_it(user, model, bell, files):
    source = backgrounds.keep(user, BLUE)
    Source.objects.update(kept_until=timezone.now() + timedelta(seconds=9))
    finished(user, behind(source))
    source.refresh_from_db()
    assert source.kept_until and source.kept_until > timezone.now() + settings.KEEP_RESULTS / 2


def test_they_go_with_their_owner(user, files):
    backgrounds.keep(user, BLUE)
    owners.erase(user)
    assert files() == []
