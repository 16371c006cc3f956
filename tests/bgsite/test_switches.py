"""Models on and off, the usual one, a share on trial, notices: what operators switch and people notice. (3 s.)"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys, quotas
from accounts.models import CREDIT, AuditEntry, User
from processing import batches, jobs, selection, switches
from processing.batches import Asked, Piece
from processing.errors import Refused
from processing.pipeline.recipe import Recipe
from tests.fakes import photo
from tests.operators import person

pytestmark = pytest.mark.django_db
OTHER = "isnet-general-use"


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 300 * CREDIT, "start")
    return user


def submitted(user: User, model: str = "", shade: int = 1):
    return jobs.submit(user, jobs.Upload("a.png", photo(shade=shade)), Recipe(), model)


# --- Models ----------------------------------------------------------------------------------------------


def test_a_model_that_is_off_takes_nothing_and_says_why(alice):
    switches.switch_off(OTHER, "Crashes on GPUs")
    with pytest.raises(Refused) as caught:
        submitted(alice, OTHER)
    assert (caught.value.code, caught.value.status) == ("model_off", 503)
    assert "Crashes on GPUs" in str(caught.value)
    offered = {offer.spec.name: offer.why_not for offer in selection.offers(alice)}
    assert offered[OTHER] == "model_off"
    switches.switch_on(OTHER)
    assert submitted(alice, OTHER).model == OTHER
    assert alice.jobs.count() == 1


def test_the_api_tells_it(alice):
    switches.switch_off(OTHER, "Crashes")
    _, text = keys.issue(alice)
    rows = Client().get("/api/v1/models", headers={"X-Api-Key": text}).json()
    found = {row["name"]: row for row in rows}
    assert (found[OTHER]["state"], found[OTHER]["why_not"]) == ("missing", "model_off")


def test_the_usual_model_is_what_operators_say(alice):
    assert submitted(alice).model == "u2net"
    switches.set_default(OTHER)
    assert submitted(alice, shade=2).model == OTHER
    assert submitted(alice, "u2net", shade=3).model == "u2net"
    switches.set_default("u2net")
    assert switches.state().default_model == ""  # follows the setting again


@pytest.mark.parametrize("share", [0, 5, 50, 100])
def test_the_canary_gets_its_share(share):
    switches.set_canary(OTHER, share)
    got = Counter(switches.usual(uuid.UUID(int=number)) for number in range(1000))
    assert got[OTHER] == share * 10


def test_who_names_a_model_is_no_guinea_pig(alice):
    switches.set_canary(OTHER, 100)
    assert submitted(alice, "u2net").model == "u2net"
    assert submitted(alice, shade=2).model == OTHER


def test_photos_of_a_batch_look_alike(alice):
    switches.set_canary(OTHER, 50)
    for number in range(4):
        batch = batches.open_batch(alice, f"b{number}", Asked(Recipe()))
        for n in range(4):
            upload = jobs.Upload("a.png", photo(shade=n))
            batches.add(
                batch, Piece(f"{n}.png", f"{number}-{n}", partial(jobs.Upload, upload.name, upload.data))
            )
        assert len(set(batch.jobs.values_list("model", flat=True))) == 1


def test_switches_that_contradict_each_other():
    switches.set_canary(OTHER, 20)
    switches.switch_off(OTHER, "Crashes")
    assert switches.state().canary_share == 0
    for change in (lambda: switches.set_default(OTHER), lambda: switches.set_canary(OTHER, 5)):
        with pytest.raises(Refused) as caught:
            change()
        assert caught.value.code == "model_off"
    with pytest.raises(Refused) as caught:
        switches.switch_off("u2net", "Why not")
    assert caught.value.code == "model_is_usual"


@pytest.mark.parametrize(
    ("what", "form", "says"),
    [
        ("model-off", {"model": "../../etc"}, "no model named"),
        ("model-default", {"model": ""}, "no model named"),
        ("model-canary", {"model": OTHER, "share": "101"}, "0 to 100"),
        ("model-canary", {"model": OTHER, "share": "-1"}, "0 to 100"),
        ("model-canary", {"model": OTHER, "share": "٣"}, "0 to 100"),
        ("model-canary", {"model": OTHER, "share": "9" * 500}, "0 to 100"),
        ("announce", {"notice": "x", "from": "tomorrow"}, "a date with a time"),
        ("announce", {"notice": "x", "from": "2026-13-45T00:00"}, "a date with a time"),
        (
            "announce",
            {"notice": "x", "from": "2026-11-02T10:00", "until": "2026-11-01T10:00"},
            "after the start",
        ),
        ("pause", {"reason": "  "}, "Say why"),
    ],
)
def test_nonsense_changes_nothing(what, form, says):
    _, client = person("operator")
    page = client.post(f"/admin/switches/{what}", {"reason": "Because", **form}, follow=True).content.decode()
    assert says in page
    state = switches.state()
    assert (state.intake_paused, state.notice, state.models_off, state.canary_share) == (False, "", {}, 0)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("what", "form", "verb"),
    [
        ("model-off", {"model": OTHER}, "Switched off"),
        ("model-on", {"model": OTHER}, "Switched on"),
        ("model-default", {"model": OTHER}, "Made the usual model"),
        ("model-canary", {"model": OTHER, "share": "7"}, "Set the share of traffic"),
        ("announce", {"notice": "Closed at noon"}, "Announced"),
        ("announce", {"notice": ""}, "Took down the notice"),
        ("pause", {}, "Paused the intake"),
        ("resume", {}, "Opened the intake"),
    ],
)
def test_each_switch_is_kept_in_the_log(what, form, verb):
    user, client = person("operator")
    client.post(f"/admin/switches/{what}", {"reason": "Because", **form})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.reason) == (user, verb, "Because")
    assert client.get("/admin/switches").status_code == 200


def test_a_switch_that_is_not_there():
    _, client = person("owner")
    assert client.post("/admin/switches/lights", {"reason": "Dark"}).status_code == 404


# --- Notices ---------------------------------------------------------------------------------------------


def test_people_read_the_notice():
    switches.announce("Closed <b>tonight</b> from 22:00")
    for address in ("/", "/accounts/login/", "/nowhere"):
        assert "Closed &lt;b&gt;tonight&lt;/b&gt; from 22:00" in Client().get(address).content.decode()
    switches.announce("")
    assert 'class="notice"' not in Client().get("/").content.decode()


@pytest.mark.parametrize(
    ("begin", "end", "shown"),
    [(None, None, True), (-1, None, True), (1, None, False), (-2, -1, False), (-1, 1, True)],
)
def test_from_and_until(begin, end, shown):
    at = [None if hours is None else timezone.now() + timedelta(hours=hours) for hours in (begin, end)]
    switches.announce("Closed", *at)
    assert bool(switches.notice()) is shown
