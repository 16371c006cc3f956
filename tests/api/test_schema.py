"""The API does what its schema says: schemathesis asks every operation for sense and nonsense."""

from __future__ import annotations

import base64
import os
import re
import uuid
from collections import Counter
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import limits
from accounts.models import User
from processing import tasks
from processing.api.schema import FOLLOWS
from processing.errors import Refused
from processing.models import Batch, Job, Source
from tests import fakes
from webhooks.models import Endpoint

EXAMPLES = int(
    os.environ.get("FUZZ_EXAMPLES", "25")
)  # for one operation and kind of data; `make fuzz-api` asks for more
WALKS = 3 * EXAMPLES  # along the links from one operation to the next; many end at once, at what is refused
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REAL = {"base64": base64.b64encode(fakes.photo()).decode(), "background": "#fff", "model": "u2net"}
# What walks begin with: something that is made and can be walked on from.
BEGINNINGS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/jobs"): REAL,
    ("POST", "/api/v1/batches"): {"items": [{"base64": REAL["base64"]}], "close": False},
    ("POST", "/api/v1/webhooks"): {"url": "https://8.8.8.8/hook", "events": ["job.succeeded"]},
}
# On each of them an operation must have succeeded after a walk had made it; else the walks would prove nothing.
REACHED = {"jobs", "batches", "webhooks"}
ROUNDS = 6  # in which chance finds the way to all three; one is mostly enough
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

api = schemathesis.openapi.from_wsgi("/api/v1/schema", get_wsgi_application())
# Its systematic phase asks two thousand questions; chance asks a bounded number, and others each time.
api.config.phases.update(phases=["examples", "fuzzing", "stateful"])


@pytest.fixture
def key(alice: Any, worker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an account without limits that has a finished job. No address is loaded."""

    def no_network(url: str) -> None:
        raise Refused("failed_image_download")

    monkeypatch.setattr("processing.api.reading.fetch_image", no_network)
    User.objects.update(is_unlimited=True)
    # Every scope, so that every operation is reached.
    alice.user.api_keys.update(scopes=["read", "write", "admin"])
    alice.upload(path="jobs?wait=5")
    alice.post("batches", {"items": [{"base64": REAL["base64"]}], "close": False})
    # The worker goes home: hundreds of jobs will follow that nobody needs to be done.
    for task in (tasks.run_job, tasks.render, tasks.mask):
        monkeypatch.setattr(task, "apply_async", lambda **options: None)
    settings.API_WAIT_SECONDS = 0
    return str(alice.key)


@pytest.mark.slow
@api.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_documented(case: schemathesis.Case, key: str) -> None:
    put_in_what_is_there(case)
    # Both, as what it made up for one of them would else be refused before anything is read.
    case.call_and_validate(headers={"X-Api-Key": key, "Authorization": f"Bearer {key}"}, checks=CHECKS)


# Without keys: a walk would revoke its own.
class Walk(api.exclude(path_regex="/keys").as_state_machine()):  # type: ignore[misc]
    """From what was made to what can be done with it, by the links of the schema, in any order and more than once.
    `done` are the operations that succeeded."""

    headers: dict[str, str] = {}
    done: Counter[str] = Counter()

    def setup(self) -> None:
        """Every walk begins alike: what fits once would else not fit the next time."""
        for model in (Batch, Job, Endpoint, Source):
            model.objects.all().delete()
        limits.rough.cache_clear()

    def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
        put_in_a_photo(case)
        whole = BEGINNINGS.get((case.method.upper(), case.path))
        if whole:
            case.body, case.media_type, case.query = dict(whole), "application/json", {}
        return {"headers": self.headers}

    def validate_response(self, response: Any, case: schemathesis.Case, **options: Any) -> None:
        if response.status_code < 300:
            self.done[f"{case.method.upper()} {case.path}"] += 1
        case.validate_response(response, checks=CHECKS, transport_kwargs=options)


@pytest.mark.slow
def test_walks_from_one_operation_to_the_next(key: str) -> None:
    Walk.headers = {"X-Api-Key": key, "Authorization": f"Bearer {key}"}
    chance = settings(
        max_examples=WALKS, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    for _ in range(ROUNDS):
        Walk.run(settings=chance)
        if {name.split("/")[3] for name in Walk.done if "{" in name} >= REACHED:
            return
    pytest.fail(f"The walks lead nowhere: {dict(Walk.done)}")


LINKS = [(begun, name) for begun, (_, names) in FOLLOWS.items() for name in names]
BEFORE = {"jobs_retry": "jobs_cancel", "batches_resume": "batches_pause"}
BODIES: dict[str, dict[str, Any]] = {
    "renditions_create": {"format": "webp"},
    "edits_create": {"strokes": [{"tool": "invert"}]},
    "batch_items_add": {"items": [{"base64": REAL["base64"], "key": "one more"}]},
    "webhooks_change": {"events": ["job.failed"]},
}
REFUSED = {"batches_retry": 409}  # nothing of it failed


@pytest.mark.parametrize(("begun", "name"), LINKS, ids=[name for _, name in LINKS])
def test_each_link_leads_on_from_what_was_made(begun: str, name: str, alice: Any, key: str) -> None:
    """Every step that the schema names after a creation, taken once and in a sensible order."""
    made = something(begun, name, alice)
    if name in BEFORE:
        assert asked(BEFORE[name], begun, made, key).status_code < 300
    answer = asked(name, begun, made, key)
    assert answer.status_code == REFUSED.get(name, answer.status_code) and (
        name in REFUSED or answer.status_code < 300
    ), answer.text


def something(begun: str, name: str, alice: Any) -> str:
    """The id of a photo's job (finished, but for what only waiting ones can), of an open batch, of a webhook."""
    if begun == "jobs_create" and name not in {"jobs_cancel", "jobs_retry"}:
        return str(Job.objects.filter(status=Job.Status.SUCCEEDED).earliest("created").pk)
    another = base64.b64encode(fakes.photo(shade=77)).decode()
    path, body = {
        "jobs_create": ("jobs", {"base64": another}),
        "batches_create": ("batches", {"items": [{"base64": REAL["base64"]}], "close": False}),
        "webhooks_create": ("webhooks", BEGINNINGS["POST", "/api/v1/webhooks"]),
    }[begun]
    return str(alice.post(path, body).json()["id"])


def asked(name: str, begun: str, made: str, key: str) -> Any:
    """The answer of an operation on what was made, which its schema describes."""
    path, method = next(
        (path, method)
        for path, methods in api.raw_schema["paths"].items()
        for method, operation in methods.items()
        if operation.get("operationId") == name
    )
    body = {"body": BODIES[name], "media_type": "application/json"} if name in BODIES else {}
    case = api[path][method.upper()].Case(path_parameters={FOLLOWS[begun][0]: made}, **body)
    answer = case.call(headers={"X-Api-Key": key, "Authorization": f"Bearer {key}"})
    case.validate_response(answer, checks=CHECKS)
    return answer


def put_in_what_is_there(case: schemathesis.Case) -> None:
    """A photo for what would be one, and a job for what could be its id: else nothing would ever succeed."""
    put_in_a_photo(case)
    path = case.path_parameters or {}
    batch = Batch.objects.last()
    if batch and UUID.fullmatch(str(path.get("batch_id"))):
        path["batch_id"] = str(batch.pk)
    job = Job.objects.last()
    if job and UUID.fullmatch(str(path.get("job_id"))):
        path["job_id"] = str(job.pk)
        if "renditions" in case.path and isinstance(path.get("id"), int):
            path["id"] = job.renditions.values_list("pk", flat=True)[0]


def put_in_a_photo(case: schemathesis.Case) -> None:
    if isinstance(case.body, dict) and isinstance(case.body.get("base64"), str):
        case.body = {**{name: value for name, value in case.body.items() if name != "url"}, **REAL}
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex  # it makes up the same one again and again


def test_the_schema_is_valid(client: Any) -> None:
    answer = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
    paths = answer.json()["paths"]
    assert {"/api/v1/jobs", "/api/v1/jobs/{job_id}/result", "/api/v1/account"} <= paths.keys()
    for operations in paths.values():
        for operation in operations.values():
            assert operation["responses"].keys() >= {"400", "401", "404", "429", "503"}
            assert operation["description"]


def test_every_field_and_parameter_has_words_and_an_example(client: Any) -> None:
    schema = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    operations = [operation for each in schema["paths"].values() for operation in each.values()]
    silent = [
        (operation["operationId"], parameter["name"])
        for operation in operations
        for parameter in operation.get("parameters", [])
        if len(parameter.get("description", "")) < 5
    ]
    for component, shape in schema["components"]["schemas"].items():
        for name, field in shape.get("properties", {}).items():
            told = "$ref" in field or len(field.get("description", "")) >= 5
            shown = component.endswith("Request") or "$ref" in field or "example" in field
            silent += [] if told and shown else [(component, name)]
    bodies = [(each["operationId"], each.get("requestBody", {}).get("content", {})) for each in operations]
    silent += [
        (name, "body")
        for name, content in bodies
        if "application/json" in content and not content["application/json"].get("example")
    ]
    assert silent == []


def test_a_form_made_of_the_schema_sends_what_was_filled_in_alone(client: Any) -> None:
    """Swagger UI would else post made-up values for every field beside the photo."""
    schemas = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()[
        "components"
    ]["schemas"]
    for name in ("JobFormRequest", "RenditionFormRequest"):
        fields = schemas[name]["properties"]
        files = {field for field, shape in fields.items() if shape.get("format") == "binary"}
        assert {field for field, shape in fields.items() if shape.get("example") != ""} == files
    assert schemas["JobFormRequest"]["properties"]["preset"]["default"] == "balanced"


def test_the_pages_of_the_schema_load_nothing_from_elsewhere(client: Any) -> None:
    page = client.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert b"://" not in page.content.replace(b"http://testserver", b"").replace(b"http://www.w3.org", b"")
    assert b"/static/drf_spectacular_sidecar/swagger-ui-dist" in page.content
    assert (
        "'unsafe-inline'" not in page["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    )
