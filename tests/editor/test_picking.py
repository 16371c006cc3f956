"""Objects that are picked by pointing at them: asked once, answered by a worker, and drawn as a lasso."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts import limits
from processing import masks, picking, picking_work, questions, tasks
from processing.mask_work import catch_up
from processing.models import Job
from processing.pipeline import codec
from processing.registry import cache as registry_cache
from processing.registry.sam import SamPredictor
from processing.registry.sessions import OnnxSession
from processing.registry.specs import SPECS
from tests import fakes
from tests.processing.registry import sam_graphs

MIDDLE = {"points": [[48, 32, 1]], "box": None}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> fakes.Bell:
    asked, mask = fakes.Bell(), fakes.Bell()
    monkeypatch.setattr(asked, "apply_async", lambda args, **options: asked.rung.append(args[0]))
    monkeypatch.setattr(tasks.pick, "apply_async", asked.apply_async)
    monkeypatch.setattr(tasks.mask, "apply_async", mask.apply_async)
    limits.rough.cache_clear()
    return asked


REAL = registry_cache.get


@pytest.fixture
def sam(opened, tmp_path, settings, monkeypatch) -> None:
    """Instead of the stand-in that made the photo's own result."""
    monkeypatch.setattr(registry_cache, "get", REAL)
    settings.MODELS_DIR = tmp_path / "models"
    sam_graphs.install(settings.MODELS_DIR, SPECS["sam"])
    registry_cache.clear()
    cache.clear()


@pytest.fixture
def opened(done: Job, hers) -> Job:
    masks.open_mask(done)
    catch_up(done.pk)
    return done


def ask(client, job: Job, body: Any = MIDDLE) -> Any:
    address = reverse("editor:mask_pick", args=[job.pk])
    return client.post(address, body if isinstance(body, str) else json.dumps(body), "application/json")


def answered(client, job: Job, asked: fakes.Bell, body: Any = MIDDLE) -> Any:
    if ask(client, job, body).status_code == 202:
        tasks.pick(asked.rung[-1])
    return ask(client, job, body)


def test_it_works(opened, hers, asked, sam) -> None:
    assert 'data-command="tool:select"' in hers.get(reverse("editor:edit", args=[opened.pk])).content.decode()
    for _ in range(2):
        assert ask(hers, opened).status_code == 202
    assert len(asked.rung) == 1
    tasks.pick(asked.rung[0])
    (ring, *_more) = ask(hers, opened).json()["rings"]
    box = np.array(ring).min(axis=0).tolist(), np.array(ring).max(axis=0).tolist()
    assert box[0][0] < 48 < box[1][0] and box[0][1] < 32 < box[1][1]

    stroke = {"tool": "lasso", "mode": "remove", "points": ring}
    address = reverse("editor:mask_save", args=[opened.pk])
    saved = hers.post(address, json.dumps({"base_revision": 0, "strokes": [stroke]}), "application/json")
    assert saved.status_code == 201
    catch_up(opened.pk)
    levels = b"".join(hers.get(reverse("editor:mask_levels", args=[opened.pk, 1])).streaming_content)
    assert codec.decode_alpha16(levels)[32, 48] == 0


def test_a_photo_is_looked_at_once(opened, hers, asked, sam, monkeypatch) -> None:
    looks = []
    run = OnnxSession.run
    monkeypatch.setattr(OnnxSession, "run", lambda self, batch: looks.append(1) or run(self, batch))
    assert answered(hers, opened, asked, {"points": [], "box": None}).json() == {"rings": []}
    assert answered(hers, opened, asked).json()["rings"]
    assert answered(hers, opened, asked, {"box": [10, 10, 80, 60]}).json()["rings"]
    registry_cache.clear()  # as another worker, which has seen nothing yet
    assert answered(hers, opened, asked, {"box": [20, 10, 80, 60]}).json()["rings"]
    assert looks == [1]


def test_views_that_workers_share_are_bounded_and_never_mistaken(sam) -> None:
    one, same_slot = "weights:" + "0" * 56 + "00000001", "weights:" + "0" * 56 + "00000011"
    picking_work.VIEWS.keep(one, b"one")
    assert (picking_work.VIEWS.recall(one), picking_work.VIEWS.recall(same_slot)) == (b"one", None)
    picking_work.VIEWS.keep(same_slot, b"two")
    assert (picking_work.VIEWS.recall(one), picking_work.VIEWS.recall(same_slot)) == (None, b"two")


def test_without_the_model_the_tool_is_not_there(opened, hers) -> None:
    assert "tool:select" not in hers.get(reverse("editor:edit", args=[opened.pk])).content.decode()
    answer = ask(hers, opened)
    assert (answer.status_code, answer.json()["code"]) == (503, "weights_missing")


def test_what_a_worker_cannot_do_is_told_and_may_be_tried_again(
    opened, hers, asked, sam, monkeypatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(SamPredictor, "select", lambda *given: 1 / 0)
        answer = answered(hers, opened, asked)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    monkeypatch.setattr(questions, "FAILED_KEPT", 0)
    cache.delete(f"{asked.rung[0]}:answer")
    assert answered(hers, opened, asked).json()["rings"]


def test_a_question_about_a_deleted_photo(opened, hers, asked, sam) -> None:
    assert ask(hers, opened).status_code == 202
    Job.objects.filter(pk=opened.pk).delete()
    tasks.pick(asked.rung[0])
    assert cache.get(f"{asked.rung[0]}:answer")["refused"] == "not_found"
    tasks.pick("pick:never-asked")


BAD: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "invalid_json"),
    "a list": ("[]", "invalid_json"),
    "NaN": ('{"points": [[NaN, 1, 1]]}', "invalid_json"),
    "1e999": ('{"points": [[1e999, 1, 1]]}', "invalid_prompt"),
    "unknown field": ({"points": [], "text": "dog"}, "invalid_prompt"),
    "points a number": ({"points": 3}, "invalid_prompt"),
    "a pair": ({"points": [[1, 2]]}, "invalid_prompt"),
    "nested": ({"points": [[[1, 2, 1]]]}, "invalid_prompt"),
    "a string": ({"points": [["1", 2, 1]]}, "invalid_prompt"),
    "a truth value": ({"points": [[1, 2, True]]}, "invalid_prompt"),
    "a mark of 2": ({"points": [[1, 2, 2]]}, "invalid_prompt"),
    "off the canvas": ({"points": [[97, 2, 1]]}, "invalid_prompt"),
    "negative": ({"points": [[-1, 2, 1]]}, "invalid_prompt"),
    "huge": ({"points": [[10**400, 2, 1]]}, "invalid_prompt"),
    "too many": ({"points": [[1, 2, 1]] * 32}, "invalid_prompt"),
    "only what does not belong": ({"points": [[1, 2, 0]]}, "invalid_prompt"),
    "a box of three": ({"box": [1, 2, 3]}, "invalid_prompt"),
    "a box turned round": ({"box": [50, 2, 10, 20]}, "invalid_prompt"),
    "an empty box": ({"box": [5, 5, 5, 5]}, "invalid_prompt"),
    "a box beyond": ({"box": [5, 5, 500, 50]}, "invalid_prompt"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD.keys())
def test_bad_prompts(opened, hers, asked, sam, body, code) -> None:
    answer = ask(hers, opened, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert asked.rung == []


def test_nobody_else_reaches_it(opened, his, visitor, sam) -> None:
    assert [ask(client, opened).status_code for client in (his, visitor)] == [404, 404]


def test_a_photo_without_a_result(waiting, hers) -> None:
    assert ask(hers, waiting).json()["code"] == "not_ready"


def test_half_a_model_is_not_offered(sam, settings) -> None:
    assert picking.model() == "sam"
    (settings.MODELS_DIR / SPECS["sam"].files[1].name).unlink()
    assert picking.model() == ""
