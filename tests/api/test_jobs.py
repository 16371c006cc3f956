from __future__ import annotations

import base64
import io
import uuid

import pytest
from PIL import Image

from accounts.models import CREDIT
from processing.models import Job
from tests import fakes, ledger

pytestmark = pytest.mark.both


def test_it_works(alice, worker):
    made = alice.upload(feather="2", format="webp")
    assert made.status_code == 202 or made.status_code == 201
    job = alice.get(made["Location"].partition("/api/v1/")[2]).json()
    assert (job["status"], job["name"], job["credits"]) == ("succeeded", "cup.png", 1)
    assert job["recipe"]["feather"] == 2
    assert 0 <= job["confidence"] <= 1
    assert job["made_by"]["confidence"] == job["confidence"]
    assert job["made_by"].keys() >= {"model", "weights", "pipeline", "device", "recipe", "seconds"}
    result = alice.get(f"jobs/{job['id']}/result")
    assert (result.status_code, result["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(result.getvalue())).size == (96, 64)
    assert result["ETag"] == f'"{job["result"]["sha256"]}"'


def test_it_does_not_wait_unless_asked(alice, bell):
    made = alice.upload()
    assert (made.status_code, made.json()["status"]) == (202, "queued")
    assert bell.rung == [uuid.UUID(made.json()["id"])]
    assert made["Location"].endswith(f"/api/v1/jobs/{made.json()['id']}")


@pytest.mark.parametrize("ask", [{"path": "jobs?wait=5"}, {"headers": {"Prefer": "respond-async, wait=5"}}])
def test_it_waits_when_asked(alice, worker, ask):
    made = alice.upload(**ask)
    assert (made.status_code, made.json()["status"]) == (201, "succeeded")


def test_it_waits_no_longer_than_asked(alice, bell):
    assert alice.upload(path="jobs?wait=0.1").status_code == 202


def test_when_every_seat_is_taken_it_answers_at_once(alice, bell, settings):
    settings.API_WAITERS = 0
    assert alice.upload(path="jobs?wait=60").status_code == 202


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/*", "image/png"),
        ("image/avif;q=0.2, image/jpeg", "image/jpeg"),
        ("application/problem+json, image/png", "image/png"),
    ],
)
def test_the_picture_itself_by_accept(alice, worker, accept, media_type):
    result = alice.upload(headers={"Accept": accept})
    assert (result.status_code, result["Content-Type"]) == (200, media_type)
    assert Image.open(io.BytesIO(result.getvalue())).get_format_mimetype() == media_type


def test_a_picture_that_is_late_is_told_of_in_json(alice, bell):
    """Else a program would store nothing as a picture, and not know where to ask for it."""
    late = alice.upload(path="jobs?wait=0.1", headers={"Accept": "image/png"})
    assert (late.status_code, late["Content-Type"], late["Retry-After"]) == (202, "application/json", "1")
    assert late.json()["status"] == "queued" and late["Location"] == late.json()["url"]


def test_a_format_that_contradicts_accept_is_refused(alice, worker):
    result = alice.upload(format="jpg", headers={"Accept": "image/png"})
    assert (result.status_code, result.json()["code"]) == (406, "not_acceptable")
    assert not Job.objects.exists()


@pytest.mark.parametrize("accept", ["text/xml", "image/svg+xml", "*/*;q=0"])
def test_what_nobody_can_give_is_refused(alice, worker, accept):
    assert alice.upload(headers={"Accept": accept}).json()["code"] == "not_acceptable"


def test_base64_and_one_recipe_object(alice, worker):
    text = base64.b64encode(fakes.photo()).decode()
    recipe = {"background": "#00ff00", "crop": True}
    sent = {"base64": f"data:image/png;base64,{text}", "recipe": recipe, "background": "#ff0000"}
    job = alice.post("jobs?wait=5", {**sent, "name": "tea.png"}).json()
    assert (job["status"], job["name"]) == ("succeeded", "tea.png")
    assert job["recipe"]["background"] == "#ff0000"
    assert job["recipe"]["crop"] is True
    assert job["result"]["media_type"] == "image/jpeg"


def test_numbers_and_switches_of_json(alice, bell):
    text = base64.b64encode(fakes.photo()).decode()
    job = alice.post(
        "jobs", {"base64": text, "feather": 1.25, "max_side": 10, "specks": True, "quality": None}
    )
    assert job.status_code == 202
    recipe = job.json()["recipe"]
    assert (recipe["feather"], recipe["max_side"], recipe["specks"], recipe["quality"]) == (
        1.25,
        10,
        True,
        90,
    )


def test_a_failed_job_says_why_and_costs_nothing(alice, worker):
    nobody = fakes.photo(shade=0)
    black = io.BytesIO()
    Image.new("RGB", (64, 64)).save(black, "PNG")
    worker.meanwhile = lambda: (_ for _ in ()).throw(RuntimeError("broken"))
    made = alice.upload(nobody, path="jobs?wait=5")
    assert (made.status_code, made.json()["status"]) == (201, "failed")
    assert made.json()["error"]["code"] == "internal_error"
    assert "Nothing was charged" in made.json()["error"]["detail"]
    assert alice.get("account").json()["credits"] == 10
    ledger.check()


def test_a_list_by_cursor(alice, bell):
    made = [alice.upload(fakes.photo(shade=shade)).json()["id"] for shade in range(3)]
    first = alice.get("jobs?limit=2").json()
    assert [job["id"] for job in first["results"]] == made[:0:-1]
    rest = alice.get(first["next"].partition("/api/v1/")[2]).json()
    assert [job["id"] for job in rest["results"]] == made[:1]
    assert rest["next"] is None


def test_filters(alice, bell):
    alice.upload()
    old = alice.upload(fakes.photo(shade=9)).json()["id"]
    Job.objects.filter(pk=old).update(
        status="failed", created="2020-01-01T00:00:00Z", error_code="model_failed"
    )
    found = [job["id"] for job in alice.get("jobs?status=failed").json()["results"]]
    assert found == [old]
    assert len(alice.get("jobs?created_after=2021-01-01T00:00:00Z").json()["results"]) == 1
    assert alice.get("jobs?created_before=2021-01-01T00:00:00Z").json()["results"][0]["id"] == old
    assert alice.get("jobs?model=other").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=done", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("limit=1000000", "invalid_parameter"),
        ("limit=%D9%A3", "invalid_parameter"),
        ("cursor=zzz", "invalid_cursor"),
        ("cursor=cD1ub3BlJnI9MQ==", "invalid_cursor"),
        ("created_after=yesterday", "invalid_parameter"),
        ("created_after=2020-01-01T00:00:00", "invalid_parameter"),
        ("created_before=2020-13-41T00:00:00Z", "invalid_parameter"),
        ("ordering=password", "unknown_parameter"),
        ("owner__email__startswith=a", "unknown_parameter"),
        ("api_key=x", "unknown_parameter"),
    ],
)
def test_nonsense_in_the_address_is_named(alice, query, code):
    answer = alice.get(f"jobs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_cancel_gives_the_credits_back(alice, bell):
    job = alice.upload().json()["id"]
    assert alice.get("account").json()["credits"] == 9
    assert alice.post(f"jobs/{job}/cancel").json()["status"] == "cancelled"
    assert alice.post(f"jobs/{job}/cancel").status_code == 200, "twice is as good as once"
    assert alice.get("account").json()["credits"] == 10
    ledger.check()


def test_what_is_done_cannot_be_cancelled(alice, worker):
    job = alice.upload(path="jobs?wait=5").json()["id"]
    answer = alice.post(f"jobs/{job}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_cancellable")


def test_retry_makes_a_new_job(alice, bell):
    first = alice.upload(feather="3").json()["id"]
    alice.post(f"jobs/{first}/cancel")
    again = alice.post(f"jobs/{first}/retry")
    assert again.status_code == 202
    assert again.json()["id"] != first
    assert again.json()["recipe"]["feather"] == 3
    assert alice.get("account").json()["credits"] == 9


def test_delete_removes_the_files(alice, worker):
    job = alice.upload(path="jobs?wait=5").json()["id"]
    assert alice("delete", f"jobs/{job}").status_code == 204
    assert alice.get(f"jobs/{job}").status_code == 404


def test_a_result_that_is_not_there_yet(alice, bell):
    job = alice.upload().json()["id"]
    answer = alice.get(f"jobs/{job}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_out_of_credits(alice, bell):
    type(alice.user).objects.update(balance=CREDIT // 2)
    answer = alice.upload()
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_credits")
    assert answer.json()["facts"] == {"needed": 1, "balance": 0.5}


def test_too_much_waits(alice, bell, settings):
    settings.QUEUE_LIMIT = 1
    assert alice.upload().status_code == 202
    answer = alice.upload(fakes.photo(shade=1))
    assert (answer.status_code, answer.json()["code"]) == (503, "queue_full")
    assert int(answer["Retry-After"]) > 0
