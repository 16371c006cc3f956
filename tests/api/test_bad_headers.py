"""Headers, methods and addresses that are none: the answer of the format, and nothing done."""

from __future__ import annotations

import pytest
from django.test import Client

from processing.models import Job
from tests import fakes, ledger


@pytest.fixture
def done(alice, worker):
    """A finished job."""
    return alice.upload(path="jobs?wait=5").json()["id"]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver, evil.example", "a b", "[", ""]
)
def test_a_host_that_is_not_ours(alice, bell, host):
    answer = alice.post("jobs", headers={"Host": host})
    assert answer.status_code == 400 and not Job.objects.exists()


def test_a_forwarded_host_changes_no_link(alice, bell):
    made = alice.upload(headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert "evil" not in made.content.decode() + made["Location"]


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_is_what_it_is(alice, done, header):
    answer = alice.post(f"jobs/{done}", headers={header: "DELETE"})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    "accept",
    [
        "text/xml",
        "*/*;q=0",
        "application/json;q=0",
        "image/gif",
        "image/png;q=0",
        "text/*",
        ";;,",
        "\xff",
        "a" * 5000,
    ],
)
def test_nothing_fits(alice, done, accept):
    answer = alice.get(f"jobs/{done}", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/*", "text/html,application/json;q=0.1", "APPLICATION/JSON", "*/*;q=x, */*"],
)
def test_something_fits(alice, done, accept):
    answer = alice.get(f"jobs/{done}", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "ranges",
    ["bytes=0-0", "bytes=-1", "bytes=99999999-", "bytes=5-2", "lines=1-2", "bytes=" + "0-0," * 1000 + "0-0"],
)
def test_ranges_give_the_whole(alice, done, ranges):
    whole = alice.get(f"jobs/{done}/result").getvalue()
    answer = alice.get(f"jobs/{done}/result", headers={"Range": ranges})
    assert (answer.status_code, answer.getvalue()) == (200, whole)


def test_a_condition_tells_nothing_of_anothers(alice, bob, done):
    tag = alice.get(f"jobs/{done}/result")["ETag"]
    for path in (f"jobs/{done}", f"jobs/{done}/result", f"jobs/{done}/revisions/0/mask"):
        answer = bob.get(
            path, headers={"If-None-Match": tag, "If-Modified-Since": "Wed, 25 Nov 2026 00:00:00 GMT"}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["/api/v1//jobs", "/api/v1/%2e%2e/jobs", "/api/v1/jobs%00", "/api/v1/JOBS", "/api/v1/jobs/%c0%ae",
     "/api/v1/jobs/", "/api/v1/jobs/1", "/api/v1/jobs/..%2f..", "/api/v1/keys/9999999999999999999999",
     "/api/v1/models/u2net",     "/api/v2/jobs", "/api/v1/jobs/00000000-0000-0000-0000-000000000000%0a"],
)  # fmt: skip
def test_addresses_that_are_none(alice, path):
    alice.user.api_keys.update(scopes=["read", "write", "admin"])
    for method in (alice.client.get, alice.client.delete):
        answer = method(path, headers={"X-Api-Key": alice.key})
        assert answer.status_code in {404, 405}, answer.content


def test_no_other_origin_reads_the_native_api(alice, done):
    """Keys are for programs; the session is for our own pages."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (alice("options", "jobs", headers=asked), alice.get(f"jobs/{done}", headers=asked)):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_the_drop_ins_let_every_origin_in_but_no_session(client):
    answer = client.options("/v1.0/removebg", headers={"Origin": "https://evil.example"})
    assert answer["Access-Control-Allow-Origin"] == "*" and "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "a b", "ü", "a\tb"])
def test_idempotency_keys_that_are_none(alice, bell, key):
    answer = alice.upload(headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert not Job.objects.exists()
    ledger.check()


@pytest.mark.parametrize(
    "sent",
    [{"owner": 1}, {"status": "succeeded"}, {"credits": 0}, {"cost": 0}, {"is_staff": True}, {"id": 1}],
)
def test_what_nobody_may_set_is_unknown(alice, bell, sent):
    answer = alice.post("jobs", {"url": "https://example.org/a.png", **sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "query", ["page=-1", "page=0", "limit=0", "limit=101", "limit=1e1", "limit=", "offset=5", "search=%ed%a0%80",
              "model[]=a", "owner=1", "ordering=-cost", "status=queued%00", "created_after=%00"],
)  # fmt: skip
def test_lists_take_what_is_said_and_no_more(alice, query):
    answer = alice.get(f"jobs?{query}")
    assert (answer.status_code, answer.json()["code"] in {"invalid_parameter", "unknown_parameter"}) == (
        400,
        True,
    )


def test_names_are_compared_and_never_patterns(alice, bell):
    """Signs of SQL, of LIKE and of patterns are letters."""
    alice.upload()
    for text in ("%", "_", "u2%", "(a+)+$", "' OR '1'='1", "%00", "\\"):
        answer = alice.client.get("/api/v1/jobs", {"model": text}, headers={"X-Api-Key": alice.key})
        assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_the_session_of_who_is_switched_off(alice, settings):
    client = Client()
    client.force_login(alice.user, settings.AUTHENTICATION_BACKENDS[0])
    assert client.get("/api/v1/account").status_code == 200
    type(alice.user).objects.update(is_active=False)
    assert client.get("/api/v1/account").status_code == 401


def test_keys_of_all_kinds_that_are_none_take_no_longer(alice, django_assert_max_num_queries):
    """One question at most, whatever is wrong with it; none where it cannot be a key."""
    for key in (
        alice.key[:-1],
        alice.key + "x",
        alice.key.upper(),
        "test_" + alice.key[8:],
        "x" * 10_000,
        "\0",
    ):
        with django_assert_max_num_queries(2):
            answer = alice.get("account", headers={"X-Api-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


def test_two_photos_of_one_name(alice, bell):
    """A parameter that comes twice is no choice of ours."""
    photo = fakes.photo()
    answer = alice.client.post(
        "/api/v1/jobs",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % field
            for field in ((b"feather", b"1"), (b"feather", b"2"))
        )
        + b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + photo + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"X-Api-Key": alice.key},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["facts"]["field"]) == (400, "feather")
