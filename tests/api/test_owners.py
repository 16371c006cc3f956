"""Who may do what at every address: a new address without a row here fails."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver

from processing.api import urls
from tests import fakes

OPEN = {"root", "errors", "schema", "docs", "guide", "guide-start"}  # what anybody may see
OF_THE_CALLER = {
    "jobs",
    "batches",
    "models",
    "account",
    "usage",
    "ledger",
    "ledger-csv",
    "keys",
    "webhooks",
    "uploads",
}  # no id in the address
OF_A_JOB = {
    "job": [("get", ""), ("delete", "")],
    "cancel": [("post", "/cancel")],
    "retry": [("post", "/retry")],
    "result": [("get", "/result")],
    "renditions": [("get", "/renditions"), ("post", "/renditions")],
    "rendition": [("get", "/renditions/{rendition}")],
    "rendition-file": [("get", "/renditions/{rendition}/file")],
    "edits": [("post", "/edits")],
    "revisions": [("get", "/revisions")],
    "revision": [("get", "/revisions/0")],
    "revision-mask": [("get", "/revisions/0/mask")],
    "restore": [("post", "/revisions/0/restore")],
}
OF_A_BATCH = {
    "batch": [("get", ""), ("delete", "")],
    **{f"batch-{verb}": [("post", f"/{verb}")] for verb in ("close", "pause", "resume", "cancel", "retry")},
    "batch-renditions": [("post", "/renditions")],
    "batch-archive": [("get", "/archive")],
    "batch-report": [("get", "/report")],
    "batch-items": [("get", "/items"), ("post", "/items")],
    "batch-item": [("get", "/items/1"), ("delete", "/items/1")],
    "batch-item-retry": [("post", "/items/1/retry")],
}
OF_A_KEY = {"key": [("delete", "")], "rotate-key": [("post", "/rotate")]}
OF_A_WEBHOOK = {
    "webhook": [("get", ""), ("patch", ""), ("delete", "")],
    "rotate-secret": [("post", "/rotate")],
    "test-webhook": [("post", "/test")],
    "deliveries": [("get", "/deliveries")],
    "delivery": [("get", "/deliveries/{delivery}")],
    "replay": [("post", "/deliveries/{delivery}/replay")],
}


def problem(answer):
    """All of it but the request's own id."""
    return answer.json() | {"request_id": ""}


def test_every_address_has_its_row():
    names = {pattern.name for pattern in urls.urlpatterns} - {"not-here"}
    known = OPEN | OF_THE_CALLER | OF_A_JOB.keys() | OF_A_BATCH.keys()
    assert names == known | OF_A_KEY.keys() | OF_A_WEBHOOK.keys()


@pytest.fixture
def job(alice, worker) -> str:
    return str(alice.upload(path="jobs?wait=5").json()["id"])


@pytest.mark.parametrize("name", OF_A_JOB)
def test_jobs_of_others_are_not_there(alice, bob, job, name):
    for method, tail in OF_A_JOB[name]:
        path = f"jobs/{job}{tail}".format(rendition=alice.get(f"jobs/{job}").json()["result"]["id"])
        options = {"data": {}, "content_type": "application/json"} if method == "post" else {}
        answer = bob(method, path, **options)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        unknown = bob(method, path.replace(job, str(uuid.uuid4())), **options)
        assert problem(unknown) == problem(answer), "what is not there looks the same"
    assert alice.get(f"jobs/{job}").json()["status"] == "succeeded"


def test_a_rendition_is_reached_through_its_own_job_only(alice, bob, job, worker):
    mine = bob.upload(path="jobs?wait=5").json()["id"]
    foreign = alice.get(f"jobs/{job}").json()["result"]["id"]
    assert bob.get(f"jobs/{mine}/renditions/{foreign}/file").status_code == 404


@pytest.mark.parametrize("name", OF_A_BATCH)
def test_batches_of_others_are_not_there(alice, bob, worker, name):
    file = SimpleUploadedFile("a.png", fakes.photo(), "image/png")
    batch = str(alice("post", "batches", {"file": file}).json()["id"])
    for method, tail in OF_A_BATCH[name]:
        body = {"items": [{"url": "https://example.org/"}]} if tail == "/items" and method == "post" else {}
        options = {"data": body, "content_type": "application/json"} if method == "post" else {}
        answer = bob(method, f"batches/{batch}{tail}", **options)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        unknown = bob(method, f"batches/{uuid.uuid4()}{tail}", **options)
        assert problem(unknown) == problem(answer), "what is not there looks the same"
    assert alice.get(f"batches/{batch}").json()["progress"]["counts"]["succeeded"] == 1


@pytest.mark.parametrize("name", OF_A_KEY)
def test_keys_of_others_are_not_there(alice, another_key, name):
    bob = another_key("bob@example.org", scopes=["admin"])
    key = alice.user.api_keys.get()
    for method, tail in OF_A_KEY[name]:
        options = {"data": {}, "content_type": "application/json"} if method == "post" else {}
        assert bob(method, f"keys/{key.pk}{tail}", **options).status_code == 404
    key.refresh_from_db()
    assert key.is_usable


def test_webhooks_of_others_are_not_there(alice, another_key):
    hers, his = (another_key(f"{name}@example.org", scopes=["admin"]) for name in ("alice", "bob"))
    wanted = {"url": "https://8.8.8.8/", "events": ["job.failed"]}
    hook, other = (each.post("webhooks", wanted).json()["id"] for each in (hers, his))
    delivery = hers.post(f"webhooks/{hook}/test").json()["id"]
    for method, tail in [row for rows in OF_A_WEBHOOK.values() for row in rows]:
        options = {} if method in {"get", "delete"} else {"data": {}, "content_type": "application/json"}
        paths = [f"webhooks/{hook}{tail}"] + ([f"webhooks/{other}{tail}"] if "{delivery}" in tail else [])
        for path in paths:
            answer = his(method, path.format(delivery=delivery), **options)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    seen = hers.get(f"webhooks/{hook}/deliveries/{delivery}").json()
    assert (seen["state"], seen["attempts"]) == ("waiting", [])
    assert [each["id"] for each in his.get("webhooks").json()] == [other]


def test_lists_hold_only_what_is_mine(alice, bob, job, another_key):
    assert bob.get("jobs").json()["results"] == []
    assert bob.get("usage").json() == []
    assert {entry["kind"] for entry in bob.get("ledger").json()["results"]} == {"grant"}
    admin = another_key("bob@example.org", scopes=["admin"])
    assert len(admin.get("keys").json()) == 2


def test_nobody_gets_nothing(transactional_db):
    client = Client()
    for pattern in urls.urlpatterns:
        path = str(pattern.pattern)
        path = re.sub(r"<uuid:\w+>", str(uuid.uuid4()), re.sub(r"<int:\w+>", "1", path))
        if pattern.name in OPEN | {"not-here"}:
            continue
        for method in ("get", "post", "delete"):
            answer = getattr(client, method)(f"/api/v1/{path}")
            assert answer.status_code == 401, f"{method} {path}"


def test_an_address_that_is_none(alice):
    for path in ("nothing", "jobs/", "jobs/1", "jobs/%00", "jobs/a%0Ab", "../jobs", "jobs//"):
        answer = alice.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["code"] == "no_such_address" and "/api/v1/docs" in answer.json()["detail"]


def test_the_first_address_leads_to_the_others(client, transactional_db):
    found = client.get("/api/v1/").json()
    assert found["version"] == "v1" and found.keys() == {
        "name",
        "version",
        "guide",
        "docs",
        "schema",
        "errors",
    }
    for name in ("guide", "docs", "schema", "errors"):
        assert client.get(found[name]).status_code == 200, name


def test_the_api_is_where_it_is_said_to_be():
    assert get_resolver().resolve("/api/v1/jobs").url_name == "jobs"
