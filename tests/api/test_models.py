"""GET models says what the caller can choose here, and for the rest why not."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import provider_keys

pytestmark = pytest.mark.django_db


def why_not(program: Any) -> dict[str, str]:
    answer = program.get("models")
    assert answer.status_code == 200
    return {row["name"]: row["why_not"] for row in answer.json()}


def test_it_works(alice, settings, tmp_path) -> None:
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2net.onnx").touch()
    found = why_not(alice)
    assert (found["u2net"], found["silueta"], found["bria-api"]) == (
        "",
        "weights_missing",
        "provider_not_configured",
    )
    row = next(row for row in alice.get("models").json() if row["name"] == "u2net")
    assert (row["state"], row["licence"], row["usual"]) == ("installed", "Apache-2.0", True)


def test_billing_shows_what_its_licence_forbids(alice, settings, tmp_path) -> None:
    settings.MODELS_DIR = tmp_path
    settings.BILLING = True
    (tmp_path / "bria-rmbg.onnx").touch()
    assert why_not(alice)["bria-rmbg"] == "licence_forbids"


def test_an_own_key_opens_a_model_for_its_owner_alone(alice, bob) -> None:
    provider_keys.keep(alice.user, "bria", "a-key")
    assert (why_not(alice)["bria-api"], why_not(bob)["bria-api"]) == ("", "provider_not_configured")


def test_a_forbidden_model_is_refused_by_its_code(alice, settings) -> None:
    settings.BILLING = True
    answer = alice.upload(model="bria-rmbg")
    assert (answer.status_code, answer.json()["code"]) == (403, "licence_forbids")


def test_a_model_that_was_used_says_how_long_it_takes(alice, worker, settings) -> None:
    alice.upload(path="jobs?wait=5")
    seconds = {row["name"]: row["seconds"] for row in alice.get("models").json()}
    assert 0 < seconds.pop("u2net") < 60
    assert set(seconds.values()) == {None}
