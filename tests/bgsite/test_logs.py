"""Lines of the log carry request and job, as text and as JSON; Sentry learns where, and never whose. (6 s.)"""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import keys, quotas
from accounts.models import CREDIT, User
from bgsite.logs import Json, Plain
from processing import jobs, log_context, tasks
from processing.pipeline.recipe import Recipe
from tests.fakes import photo

ROOT = Path(__file__).resolve().parents[2]


def line(formatter: logging.Formatter, words: str = "Done: %s", *args: object, **facts: object) -> str:
    record = logging.LogRecord("processing", logging.INFO, "x.py", 1, words, args or ("yes",), None)
    for name, value in facts.items():
        setattr(record, name, value)
    return formatter.format(record)


def test_json_has_one_object_a_line():
    with log_context.about(request="r" * 8), log_context.about(job="j-1"):
        text = line(Json(), "Two\nlines: %s", 'a "word"')
    assert "\n" not in text
    found = json.loads(text)
    assert found["message"] == 'Two\nlines: a "word"'
    assert (found["request"], found["job"], found["level"], found["logger"]) == (
        "rrrrrrrr",
        "j-1",
        "info",
        "processing",
    )
    assert found["at"].endswith("+00:00")
    assert "job" not in json.loads(line(Json()))


def test_json_keeps_the_traceback():
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "Failed", (), sys.exc_info())
    assert "ValueError: broken" in json.loads(Json().format(record))["error"]


def test_plain_lines_end_with_what_they_are_about():
    with log_context.about(job="j-1"):
        assert line(Plain()).endswith("processing: Done: yes  [job=j-1]")
    assert line(Plain()).endswith("processing: Done: yes")
    assert line(Plain(), job="j-2").endswith("[job=j-2]")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, str]]]:
    """Every line from now on, as JSON makes it."""
    found: list[dict[str, str]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(Json().format(record)))

    handler = Keep(level=logging.INFO)
    logging.getLogger().addHandler(handler)
    caplog.set_level(logging.INFO)
    yield found
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_one_job_can_be_followed_from_request_to_result(
    lines, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda **message: None)
    alice = User.objects.create_user("alice@example.org")
    quotas.grant(alice, 10 * CREDIT, "start")
    with log_context.about(request="from-the-page"), django_capture_on_commit_callbacks(execute=True):
        job = jobs.submit(alice, jobs.Upload("secret.png", photo()), Recipe())
    monkeypatch.setattr("processing.work.work", lambda job, token: logging.getLogger("x").info("Looking"))
    tasks.run_job(str(job.pk))
    mine = [each for each in lines if each.get("job") == str(job.pk)]
    assert [each["message"].split(" ", 2)[-1] for each in mine] == ["accepted", "Looking", "done"]
    assert [each.get("request") for each in mine] == ["from-the-page", None, None]
    assert "secret.png" not in json.dumps(lines) and "alice" not in json.dumps(lines)


# --- A line for each request -----------------------------------------------------------------------------


def accesses(lines: list[dict[str, str]]) -> list[tuple[object, ...]]:
    return [
        (each["method"], each["route"], each["status"], each.get("job", ""))
        for each in lines
        if each["logger"] == "access"
    ]


@pytest.mark.django_db
def test_a_request_has_one_line_with_its_job_and_none_of_its_secrets(lines, settings, monkeypatch):
    settings.ACCESS_LOG = True
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda **message: None)
    alice = User.objects.create_user("alice@example.org")
    quotas.grant(alice, 10 * CREDIT, "start")
    client = Client()
    client.force_login(alice)
    job = str(uuid.uuid4())
    client.get("/s/a-secret-token")
    client.get(f"/api/v1/jobs/{job}")
    client.get("/no/such/secret/page?q=a-secret-word")
    for silent in ("/healthz", "/static/css/tokens.css"):
        assert client.get(silent).status_code == 200
    assert accesses(lines) == [
        ("GET", "/s/<str:token>", 404, ""),
        ("GET", "/api/v1/jobs/<uuid:job_id>", 404, job),
        ("GET", "-", 404, ""),
    ]
    assert "secret" not in json.dumps(lines) and "127.0.0.1" not in json.dumps(lines)


@pytest.mark.django_db(transaction=True)
def test_the_request_that_sends_a_photo_is_about_its_job(lines, settings, monkeypatch):
    settings.ACCESS_LOG = True
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda **message: None)
    alice = User.objects.create_user("alice@example.org")
    quotas.grant(alice, 10 * CREDIT, "start")
    program = Client(headers={"X-Api-Key": keys.issue(alice)[1], "X-Request-ID": "from-a-program"})
    file = SimpleUploadedFile("secret.png", photo(), "image/png")
    job = program.post("/api/v1/jobs", {"file": file}).json()["id"]
    assert accesses(lines) == [("POST", "/api/v1/jobs", 202, job)]
    assert {each["request"] for each in lines if "request" in each} == {"from-a-program"}
    assert "job" not in log_context.here(), "the next request on this thread is about something else"


@pytest.mark.django_db
def test_people_get_no_line_for_each_request(lines, settings):
    settings.ACCESS_LOG = False
    Client().get("/no/such/page")
    assert accesses(lines) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abcdef-123", True), ("", False), ("short", False), ("a" * 65, False), ("x\ny" * 5, False)],
)
def test_a_request_has_a_name(db, sent, kept):
    answer = Client().get("/healthz", headers={"X-Request-ID": sent} if sent else {})
    assert (answer["X-Request-ID"] == sent) is kept
    assert len(answer["X-Request-ID"]) >= 8


# --- Sentry ----------------------------------------------------------------------------------------------

FAIL = """
import logging, sys, types, django
django.setup()
from django.conf import settings
from django.test import Client
from django.urls import path
import sentry_sdk

def fail(request, token):
    zorn = "zorn in a variable"
    logging.getLogger("processing").error("Not done for %s", "zorn in the log")
    raise ValueError("zorn in the error")

site = types.ModuleType("failing_urls")
site.urlpatterns = [path("s/<str:token>", fail)]
site.handler500 = lambda request: __import__("django.http").http.HttpResponse("no", status=500)
sys.modules["failing_urls"] = site
settings.ROOT_URLCONF = "failing_urls"
client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.77", headers={
    "Host": "localhost", "Authorization": "Bearer zorn-key", "User-Agent": "zorn-agent",
    "X-Request-ID": "request-17"})
client.cookies["liked"] = "zorn-cookie"
assert client.post("/s/zorn-token?q=zorn-query", {"email": "zorn@example.org"}).status_code == 500
sentry_sdk.flush(10)
"""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[bytes]]]:
    """(DSN, bodies it was sent) of a stand-in on this machine."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://public@127.0.0.1:{server.server_address[1]}/1", bodies
    server.shutdown()
    server.server_close()


def ran(tmp_path: Path, **more: str) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "bgsite.settings"} | more
    done = subprocess.run(
        [sys.executable, "-c", FAIL], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_sentry_learns_where_and_never_whose(sentry, tmp_path):
    dsn, bodies = sentry
    ran(tmp_path, SENTRY_DSN=dsn)
    told = b"\n".join(bodies)
    assert b"ValueError" in told and b"fail" in told and b"request-17" in told
    assert b"Not done for %s" in told
    for secret in (b"zorn", b"203.0.113", b"liked", b"example.org"):
        assert secret not in told, secret


def test_nothing_is_sent_without_an_address(sentry, tmp_path):
    _, bodies = sentry
    ran(tmp_path, SENTRY_DSN="")
    assert bodies == []
