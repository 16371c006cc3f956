"""Alive and ready: two addresses that never hang and tell no secrets."""

from __future__ import annotations

import time

import pytest

from bgsite import health


def test_alive_needs_no_database(client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.fixture
def weights(settings, tmp_path):
    (tmp_path / "u2net.onnx").write_bytes(b"")
    settings.MODELS_DIR = tmp_path


@pytest.mark.django_db(transaction=True)
def test_ready(client, weights) -> None:
    answer = client.get("/readyz")
    assert answer.json() == {"database": "ok", "broker": "ok", "storage": "ok", "weights": "ok"}
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_weights_that_are_missing(client, settings, tmp_path) -> None:
    settings.MODELS_DIR = tmp_path
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "not installed" in answer.json()["weights"]
    assert answer.json()["database"] == "ok"


def test_what_failed_is_named_without_its_text() -> None:
    def refuse() -> None:
        raise ConnectionError("redis://:secret@host")

    assert health.ask({"broker": refuse}, 1) == {"broker": "Not reached (ConnectionError)."}


def test_what_hangs_is_left_behind() -> None:
    answers = health.ask({"slow": lambda: time.sleep(0.5), "quick": lambda: None}, 0.05)
    assert answers == {"slow": "No answer within 0.05 seconds.", "quick": "ok"}
