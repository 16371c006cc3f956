"""A photo cut out again or in several ways: priced, never twice for two clicks, and what people think of it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from editor import model_choices
from editor.models import Feedback, Trial
from processing.models import Job
from tests.every_model import install


@pytest.fixture
def models(settings, tmp_path) -> None:
    settings.MODELS_DIR = tmp_path / "models"
    for name in ("u2net", "isnet-general-use", "sam"):
        install(settings.MODELS_DIR, name)


def rerun(client, job: Job, way: str):
    return client.post(reverse("editor:rerun", args=[job.pk]), {"way": way})


def test_another_model_with_the_same_settings(done, hers, alice, models) -> None:
    Trial.objects.create(job=done, recipe="feather=3")
    page = hers.get(done.get_absolute_url()).content.decode()
    assert 'value="isnet-general-use:best"' in page and 'value="sam:' not in page
    assert 'value="u2net:balanced"' not in page  # its own way
    balance = User.objects.get(pk=alice.pk).balance
    found = {rerun(hers, done, "isnet-general-use:best").url for _ in range(2)}  # a double click
    made = Job.objects.exclude(pk=done.pk).get()
    assert found == {made.get_absolute_url()}
    assert (made.model, made.recipe, made.source) == (
        "isnet-general-use",
        "feather=3&preset=best",
        done.source,
    )
    assert User.objects.get(pk=alice.pk).balance == balance - made.cost


def test_refusals_are_said_on_the_page(done, waiting, hers, his, alice, models) -> None:
    answer = rerun(hers, done, "gpt:best")
    assert answer.status_code == 400 and 'data-code="not_compared"' in answer.content.decode()
    assert rerun(his, done, "u2net:best").status_code == 404
    User.objects.filter(pk=alice.pk).update(balance=0)
    answer = rerun(hers, done, "u2net:best")
    assert answer.status_code == 402 and 'data-code="insufficient_credits"' in answer.content.decode()
    assert reverse("billing") in answer.content.decode()
    assert Job.objects.count() == 1


def test_a_photo_that_is_not_done(waiting, hers, models) -> None:
    assert rerun(hers, waiting, "u2net:best").status_code == 409


def test_ways_side_by_side(done, hers, models) -> None:
    address = reverse("editor:compare", args=[done.pk])
    assert "isnet-general-use:fast" in hers.get(address).content.decode()
    chosen = {"way": ["u2net:balanced", "isnet-general-use:fast"]}
    first, second = (hers.post(address, chosen) for _ in range(2))
    assert first.url == second.url and Job.objects.count() == 2
    page = hers.get(first.url).content.decode()
    assert "U²-Net" in page and "IS-Net" in page
    for refused in ({"way": ["u2net:fast"]}, {"way": ["u2net:fast", "gpt:fast"]}, {}):
        assert hers.post(address, refused).status_code == 400


def test_anothers_photos_are_not_compared(done, his) -> None:
    page = his.get(reverse("editor:compared"), {"job": [str(done.pk), "no id"]})
    assert page.status_code == 200 and done.name not in page.content.decode()


def test_ways_know_what_is_made(done, models) -> None:
    made = {way.key: way.made for way in model_choices.ways(done)}
    assert made["u2net:balanced"] == done and made["u2net:best"] is None


def test_an_opinion_is_kept_changed_and_taken_back(done, hers, his) -> None:
    address = reverse("editor:feedback", args=[done.pk])
    hers.post(address, {"good": "no", "reason": Feedback.Reason.values[0], "text": " the hair "})
    said = Feedback.objects.get()
    assert (said.good, said.reason, said.text) == (False, Feedback.Reason.values[0], "the hair")
    hers.post(address, {"good": "yes", "reason": Feedback.Reason.values[0]})
    assert (Feedback.objects.get().good, Feedback.objects.get().reason) == (True, "")
    for wrong in ({}, {"good": "maybe"}, {"good": "no", "reason": "x"}, {"good": "no", "text": "x" * 501}):
        answer = hers.post(address, wrong, headers={"hx-request": "true"})
        assert answer.status_code == 400 and 'data-code="invalid_parameter"' in answer.content.decode()
    assert his.post(address, {"good": "no"}).status_code == 404
    hers.post(reverse("editor:delete_feedback", args=[done.pk]))
    assert not Feedback.objects.exists()
