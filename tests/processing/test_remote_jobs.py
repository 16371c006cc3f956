"""Jobs whose model runs at a provider: whose key, one paid look, the record of the cost, and the substitute."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import call_command

from accounts import provider_keys
from accounts.models import CREDIT, User
from processing import jobs, selection, tasks
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.recipe import Recipe
from processing.registry.remote import breaker
from tests import fakes, providers
from tests.providers import Reply, removebg_error

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
Status = Job.Status


@pytest.fixture
def removebg(settings, bell, files):
    breaker.forget()
    with providers.serving(providers.RemoveBg()) as server:
        settings.REMOVEBG_BASE_URL = server.url
        settings.REMOVEBG_API_KEY = providers.KEY
        yield server


@pytest.fixture
def bria(settings, bell, files):
    breaker.forget()
    with providers.serving(providers.Bria(polls=0)) as server:
        settings.BRIA_BASE_URL = server.url
        settings.BRIA_API_TOKEN = providers.KEY
        yield server


def done(user: User, model: str, **options: str) -> Job:
    job = jobs.submit(user, jobs.Upload("a photo.png", fakes.photo()), Recipe.parse(options), model)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def test_it_works(user, removebg) -> None:
    job = done(user, "removebg-api", preset="best")
    assert (job.status, job.error_code) == (Status.SUCCEEDED, "")
    made_by = {name: job.made_by[name] for name in ("model", "weights", "device", "cost", "paid_by")}
    assert made_by == {
        "model": "removebg-api", "weights": "v1.0", "device": "remote", "cost": 0.2, "paid_by": "operator",
    }  # fmt: skip
    assert job.alpha and job.alpha.looks == "1"
    assert len(removebg.seen) == 1, "one look is paid for, whatever the preset wants"


def test_another_preset_uses_the_kept_alpha_and_costs_nothing(user, removebg) -> None:
    done(user, "removebg-api", preset="best")
    again = done(user, "removebg-api", preset="fast", feather="2")
    assert (again.status, again.made_by["cost"]) == (Status.SUCCEEDED, 0.0)
    assert len(removebg.seen) == 1


def test_both_versions_of_bria(user, bria) -> None:
    for model, version in (("bria-api", "v2"), ("bria-api-v1", "v1")):
        job = done(user, model)
        assert (job.status, job.made_by["weights"], job.made_by["cost"]) == (Status.SUCCEEDED, version, 0.018)


def test_a_user_pays_with_the_own_key(user, removebg, settings) -> None:
    settings.REMOVEBG_API_KEY = "the-operators-key"
    provider_keys.keep(user, "removebg", providers.KEY)
    job = done(user, "removebg-api")
    assert (job.status, job.made_by["paid_by"]) == (Status.SUCCEEDED, "user")


def test_without_any_key_it_is_refused_at_the_door(user, removebg, settings) -> None:
    settings.REMOVEBG_API_KEY = ""
    with pytest.raises(Refused) as caught:
        done(user, "removebg-api")
    assert caught.value.code == "provider_not_configured"
    assert "remove.bg" in str(caught.value)
    assert Job.objects.count() == 0
    offers = {offer.spec.name: offer.why_not for offer in selection.offers(user)}
    assert offers["removebg-api"] == "provider_not_configured"
    provider_keys.keep(user, "removebg", providers.KEY)
    assert {offer.spec.name: offer.why_not for offer in selection.offers(user)}["removebg-api"] == ""


def test_a_guest_does_not_spend_the_operators_money(user, removebg) -> None:
    user.is_guest = True
    user.save()
    with pytest.raises(Refused) as caught:
        done(user, "removebg-api")
    assert (caught.value.code, caught.value.status) == ("needs_account", 403)
    assert removebg.seen == []
    assert not Job.objects.exists()


def test_a_key_nobody_can_open_does_not_make_the_operator_pay(user, removebg, settings) -> None:
    provider_keys.keep(user, "removebg", providers.KEY)
    settings.SECRET_KEY = "another secret that is long enough for everybody here"
    job = done(user, "removebg-api")
    assert (job.status, job.error_code) == (Status.FAILED, "provider_key_unreadable")
    assert removebg.seen == []


def test_a_failure_has_a_code_and_costs_no_credit(user, removebg) -> None:
    removebg.script.append(removebg_error(402, "insufficient_credits"))
    job = done(user, "removebg-api")
    assert (job.status, job.error_code) == (Status.FAILED, "provider_out_of_credits")
    user.refresh_from_db()
    assert user.balance == 10 * CREDIT
    assert providers.KEY not in str(job.error_facts)


def test_a_local_model_takes_the_place(user, removebg, settings, model) -> None:
    settings.REMOTE_FALLBACK_MODEL = "u2net"
    removebg.script.append(Reply(200, b"<html>"))
    job = done(user, "removebg-api")
    assert (job.status, model.looks) == (Status.SUCCEEDED, 2)
    assert (job.made_by["model"], job.made_by["instead_of"]) == ("u2net", "removebg-api")
    assert job.made_by["why"] == "U²-Net took the place of remove.bg API (provider's answer unusable)."
    assert "cost" not in job.made_by
    assert job.alpha and job.alpha.model == "u2net"


@pytest.mark.parametrize(
    "refusal", [removebg_error(400, "unknown_foreground"), removebg_error(403, "auth_failed")]
)
def test_no_model_takes_the_place_where_that_would_hide_something(
    user, removebg, settings, model, refusal
) -> None:
    settings.REMOTE_FALLBACK_MODEL = "u2net"
    removebg.script.append(refusal)
    assert done(user, "removebg-api").status == Status.FAILED
    assert model.looks == 0


def test_a_flat_picture_is_not_paid_for(user, removebg) -> None:
    flat = providers.png(np.full((64, 96, 3), 200, np.uint8))
    job = jobs.submit(user, jobs.Upload("flat.png", flat), Recipe(), "removebg-api")
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.error_code, removebg.seen) == ("unknown_foreground", [])


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.png", "https://localhost/x.png", "http://[::1]/x.png"]
)
def test_a_result_on_a_private_address_is_not_fetched(user, bria, address) -> None:
    bria.script.append(Reply(200, {"result": {"image_url": address}}))
    assert done(user, "bria-api").error_code == "provider_bad_answer"
    assert len(bria.seen) == 1


def test_a_result_elsewhere_comes_through_the_guarded_fetch(user, bria, monkeypatch) -> None:
    asked = []

    def fetched(url, most):
        asked.append(url)
        return Upload("1.png", providers.cutout(providers.brightness(fakes.photo())))

    monkeypatch.setattr("processing.fetch.fetch_image", fetched)
    bria.script.append(Reply(200, {"result": {"image_url": "https://cdn.example.org/1.png"}}))
    assert done(user, "bria-api").status == Status.SUCCEEDED
    assert asked == ["https://cdn.example.org/1.png"]


def test_billing_refuses_at_the_door(user, settings, bell, files) -> None:
    settings.BILLING = True
    with pytest.raises(Refused) as caught:
        done(user, "bria-rmbg")
    assert (caught.value.code, caught.value.status) == ("licence_forbids", 403)
    settings.LICENCE_CONTRACTS = ["bria-rmbg"]
    job = jobs.submit(user, jobs.Upload("a.png", fakes.photo()), Recipe(), "bria-rmbg")
    settings.LICENCE_CONTRACTS = []
    jobs.cancel(job)
    job.refresh_from_db()
    with pytest.raises(Refused) as caught:
        jobs.retry(job)
    assert caught.value.code == "licence_forbids"


def test_auto_is_resolved_by_the_worker(user, model, settings, tmp_path, bell, files) -> None:
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2net.onnx").touch()
    job = done(user, "auto")
    assert (job.model, job.made_by["model"]) == ("auto", "u2net")
    assert job.made_by["why"] == "U²-Net is the only general model installed here."


def test_auto_under_billing_takes_no_forbidden_model(settings, tmp_path) -> None:
    settings.MODELS_DIR = tmp_path
    for name in ("u2net", "bria-rmbg"):
        (tmp_path / f"{name}.onnx").touch()
    assert selection.resolve("auto").spec.name == "bria-rmbg"
    settings.BILLING = True
    assert selection.resolve("auto").spec.name == "u2net"


def test_an_own_model_that_is_wrong_is_refused_at_the_door(user, settings, tmp_path, bell, files) -> None:
    settings.MODELS_DIR = tmp_path
    (tmp_path / "shoes.onnx").touch()
    (tmp_path / "shoes.toml").write_text("size = 7")
    with pytest.raises(Refused) as caught:
        done(user, "shoes")
    assert caught.value.code == "custom_model_invalid"
    assert "size must be a whole number of 32 to 4096" in str(caught.value)


def test_the_command_looks_once_too(removebg, tmp_path, capsys) -> None:
    (tmp_path / "a.png").write_bytes(fakes.photo())
    call_command(
        "removebg",
        str(tmp_path / "a.png"),
        "-o",
        str(tmp_path / "out"),
        "--model",
        "removebg-api",
        "--preset",
        "best",
    )
    assert len(removebg.seen) == 1
    assert (tmp_path / "out" / "a.png").exists()
