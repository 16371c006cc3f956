"""Masks that people edit: saved at once, made by a worker, never lost, never overwritten unseen, never charged."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from accounts import limits
from editor import mask_input, trials
from processing import caretaker, jobs, masks, rendition_requests, storage, tasks
from processing.mask_work import catch_up
from processing.models import Job, Mask, Rendition
from processing.pipeline import codec
from processing.pipeline.recipe import Recipe
from processing.pipeline.replay import replay
from processing.pipeline.strokes import parse
from tests import fakes

ERASE: dict[str, Any] = {
    "tool": "erase",
    "size": 20,
    "hardness": 1,
    "strength": 1,
    "points": [[48, 32], [48, 50]],
}
SMART: dict[str, Any] = {**ERASE, "smart": True}


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> dict[str, fakes.Bell]:
    bells = {"mask": fakes.Bell(), "smart": Asked()}
    monkeypatch.setattr(tasks.mask, "apply_async", bells["mask"].apply_async)
    monkeypatch.setattr(tasks.smart_stroke, "apply_async", bells["smart"].apply_async)
    limits.rough.cache_clear()
    return bells


class Asked(fakes.Bell):
    """Notes the questions of smart strokes."""

    def apply_async(self, args: tuple[str], **options: object) -> None:
        self.rung.append(args[0])  # type: ignore[arg-type]


def address(name: str, job: Job, *more: Any) -> str:
    return reverse(f"editor:{name}", args=[job.pk, *more])


def send(client, name: str, job: Job, body: Any, method: str = "post", **options: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    options = {"content_type": "application/json", **options}
    return getattr(client, method)(address(name, job), text, **options)


def saved(client, job: Job, *strokes: dict[str, Any], **more: Any) -> Any:
    """Saves, and has a worker follow."""
    body = {"base_revision": 0, "strokes": list(strokes) or [ERASE], **more}
    answer = send(client, "mask_save", job, body)
    if answer.status_code == 201:
        catch_up(job.pk)
        job.refresh_from_db()
    return answer


@pytest.fixture
def opened(done: Job, hers) -> Job:
    assert hers.get(address("edit", done)).status_code == 200
    catch_up(done.pk)
    return done


def alpha_of(client, job: Job) -> Any:
    data = b"".join(client.get(address("download", job)).streaming_content)
    return np.asarray(Image.open(io.BytesIO(data)))[..., 3]


def levels_of(client, job: Job, number: int) -> Any:
    answer = client.get(address("mask_levels", job, number))
    assert answer.status_code == 200
    return codec.decode_alpha16(b"".join(answer.streaming_content))


def test_it_works(opened, hers, alice) -> None:
    state = hers.get(address("mask", opened)).json()
    assert (state["head"], state["shown"], state["pending"], state["draft"]) == (0, 0, False, None)
    before, alpha = levels_of(hers, opened, 0), alpha_of(hers, opened)
    balance = type(alice).objects.get(pk=alice.pk).balance

    answer = saved(hers, opened)
    assert (answer.status_code, answer.json()["revision"], opened.revision) == (201, 1, 1)
    after = levels_of(hers, opened, 1)
    expected = replay(before, parse([ERASE], (96, 64)))
    assert np.abs(after - expected).max() <= 1 / 65535
    assert alpha[32, 48] == 255 and alpha_of(hers, opened)[32, 48] == 0
    assert type(alice).objects.get(pk=alice.pk).balance == balance


def test_pictures_of_the_page_follow_and_have_another_address(opened, hers) -> None:
    page = hers.get(opened.get_absolute_url()).content.decode()
    assert "preview?r=0" in page and address("edit", opened) in page
    old = [
        b"".join(hers.get(address("file", opened, kind)).streaming_content)
        for kind in ("preview", "thumbnail")
    ]
    saved(hers, opened)
    new = [
        b"".join(hers.get(address("file", opened, kind)).streaming_content)
        for kind in ("preview", "thumbnail")
    ]
    assert old[0] != new[0] and old[1] != new[1]
    assert "preview?r=1" in hers.get(opened.get_absolute_url()).content.decode()


def test_the_models_own_mask_is_never_lost(opened, hers) -> None:
    first, alpha = levels_of(hers, opened, 0), alpha_of(hers, opened)
    saved(hers, opened)
    saved(hers, opened, {"tool": "invert"}, base_revision=1)
    assert opened.revision == 2
    answer = send(hers, "mask_choose", opened, {"revision": 0, "head": 2})
    catch_up(opened.pk)
    assert answer.json()["head"] == 0
    assert (alpha_of(hers, opened) == alpha).all() and (levels_of(hers, opened, 0) == first).all()
    assert saved(hers, opened, base_revision=1, head=0).json()["revision"] == 3


def test_revisions_build_on_their_base(opened, hers) -> None:
    saved(hers, opened, {"tool": "invert"})
    saved(hers, opened, {"tool": "invert"}, base_revision=1)
    assert np.abs(levels_of(hers, opened, 2) - levels_of(hers, opened, 0)).max() <= 1 / 65535


def test_saves_that_no_worker_heard_of_are_made_later(opened, hers, bells) -> None:
    for number in range(2):
        assert (
            send(hers, "mask_save", opened, {"base_revision": number, "strokes": [ERASE]}).status_code == 201
        )
    assert hers.get(address("mask_levels", opened, 2)).status_code == 409
    masks.sweep()
    assert bells["mask"].rung == [opened.pk]
    catch_up(opened.pk)
    opened.refresh_from_db()
    assert opened.revision == 2
    assert levels_of(hers, opened, 2).shape == (64, 96)


def test_a_broker_that_is_away_costs_nothing(opened, hers, bells) -> None:
    bells["mask"].broken = True
    masks.ring(opened.pk)
    assert saved(hers, opened).status_code == 201


def test_stale_saves_are_told(opened, hers) -> None:
    assert saved(hers, opened).status_code == 201
    answer = saved(hers, opened, {"tool": "invert"})
    assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
    assert opened.mask_revisions.count() == 2
    assert send(hers, "mask_choose", opened, {"revision": 0, "head": 0}).status_code == 409
    on_top = saved(hers, opened, {"tool": "invert"}, base_revision=0, head=1)
    assert (on_top.status_code, on_top.json()["revision"]) == (201, 2)


def test_drafts_are_kept_and_not_overwritten_by_another_window(opened, hers) -> None:
    body = {"base_revision": 0, "strokes": [ERASE], "draft_version": 0}
    assert send(hers, "mask_draft", opened, body, "put").json() == {"draft_version": 1}
    kept = hers.get(address("mask", opened)).json()["draft"]
    assert parse(kept["strokes"], (96, 64)) == parse([ERASE], (96, 64))
    assert send(hers, "mask_draft", opened, {**body, "strokes": []}, "put").status_code == 409
    assert hers.get(address("mask", opened)).json()["draft"] == kept
    saved(hers, opened)
    state = hers.get(address("mask", opened)).json()
    assert (state["draft"], state["draft_version"]) == (None, 2)


def test_a_draft_that_goes_on_in_a_later_one_is_no_conflict(opened, hers) -> None:
    """A page that is loaded anew while the one before it still sends what was done last."""
    body = {"base_revision": 0, "strokes": [ERASE], "draft_version": 0}
    assert send(hers, "mask_draft", opened, body, "put").json() == {"draft_version": 1}
    longer = {**body, "strokes": [ERASE, ERASE]}
    assert send(hers, "mask_draft", opened, longer, "put").json() == {"draft_version": 2}
    shorter = send(hers, "mask_draft", opened, {**body, "draft_version": 1}, "put")
    assert shorter.status_code == 409  # the second stroke would be lost
    assert len(hers.get(address("mask", opened)).json()["draft"]["strokes"]) == 2


def test_another_recipe_is_made_of_the_edited_mask(opened, hers) -> None:
    saved(hers, opened)
    rendition = rendition_requests.order(opened, Recipe(channels="alpha", feather=1.0))
    tasks.render(rendition.pk)
    rendition = Rendition.objects.get(pk=rendition.pk)
    assert (rendition.status, rendition.revision) == (Rendition.Status.MADE, 1)
    assert np.asarray(Image.open(io.BytesIO(storage.read(rendition.file))))[32, 48] < 40


def test_files_are_known_and_go_with_the_job(opened, hers, files, monkeypatch) -> None:
    saved(hers, opened)
    saved(hers, opened, base_revision=1)
    monkeypatch.setattr(caretaker, "ORPHAN_AGE", -caretaker.ORPHAN_AGE)
    assert caretaker.sweep_files() == []
    assert len([name for name in files() if "/masks/" in name]) == 3
    known = set(Rendition.objects.values_list("file", flat=True))
    assert {name for name in files() if "/jobs/" in name} == known
    jobs.delete(opened)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_deleted_job(opened, hers, files) -> None:
    saved(hers, opened)
    jobs.delete(opened)
    assert files() == []
    catch_up(opened.pk)  # a late message
    assert files() == []


def test_a_mask_that_cannot_be_made_says_why_and_is_tried_again(opened, hers, monkeypatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("processing.mask_work.replay", lambda *arguments: 1 / 0)
        saved(hers, opened)
    state = hers.get(address("mask", opened)).json()
    assert (state["error"]["code"], state["pending"], state["shown"], state["head"]) == (
        "internal_error",
        False,
        0,
        1,
    )
    assert send(hers, "mask_again", opened, {}).json()["pending"]
    catch_up(opened.pk)
    assert hers.get(address("mask", opened)).json()["shown"] == 1


def test_a_worker_that_dies_every_time_is_not_sent_for_ever(opened) -> None:
    Mask.objects.filter(job=opened).update(pending=True, attempt=masks.ATTEMPTS)
    catch_up(opened.pk)
    assert Mask.objects.get(job=opened).error_code == "worker_crashed"


def test_a_smart_stroke_is_answered_by_a_worker(opened, hers, bells) -> None:
    for _ in range(2):
        assert send(hers, "mask_smart", opened, {"stroke": SMART}).status_code == 202
    (key,) = bells["smart"].rung
    tasks.smart_stroke(key)
    answer = send(hers, "mask_smart", opened, {"stroke": SMART})
    assert (answer.status_code, answer["X-Box"]) == (200, "37,21,22,40")
    assert Image.open(io.BytesIO(answer.content)).size == (22, 40)
    assert saved(hers, opened, SMART).status_code == 201


def test_a_smart_stroke_beside_the_picture_covers_nothing(opened, hers, bells) -> None:
    beside = {**SMART, "points": [[-90, -90]]}
    send(hers, "mask_smart", opened, {"stroke": beside})
    tasks.smart_stroke(bells["smart"].rung[0])
    assert send(hers, "mask_smart", opened, {"stroke": beside})["X-Box"].endswith("0,0")


def colours_of(client, job: Job, number: int) -> Any:
    answer = client.get(address("mask_colours", job, number))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    return np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)


def test_the_colours_of_the_edges_come_with_every_revision(opened, hers) -> None:
    saved(hers, opened)
    first, second = hers.get(address("mask", opened)).json()["revisions"]
    assert first["colours"] == address("mask_colours", opened, 0) != second["colours"]
    before, after = (colours_of(hers, opened, number) for number in (0, 1))
    assert before.shape == after.shape == (2 * 64, 96, 3)  # the foreground's above the background's
    assert np.abs(before - after).max() > 20  # the stroke has edges of its own


def test_no_colours_where_the_result_keeps_those_of_the_photo(opened, hers) -> None:
    trials.keep(opened, Recipe(decontaminate=False))
    assert hers.get(address("mask", opened)).json()["revisions"][0]["colours"] is None


def test_the_colours_of_what_is_not_there(opened, waiting, hers, alice) -> None:
    answer = hers.get(address("mask_colours", opened, 7))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_revision")
    other = jobs.submit(alice, jobs.Upload("other.png", fakes.photo(shade=80)), Recipe())
    assert hers.get(address("mask_colours", other, 0)).json()["code"] == "not_ready"


# --- Refusals --------------------------------------------------------------------------------------------

OTHERS = [
    ("get", "edit", ()),
    ("get", "mask", ()),
    ("get", "mask_photo", ()),
    ("get", "mask_levels", (0,)),
    ("get", "mask_colours", (0,)),
    ("put", "mask_draft", ()),
    ("post", "mask_save", ()),
    ("post", "mask_choose", ()),
    ("post", "mask_again", ()),
    ("post", "mask_smart", ()),
]


@pytest.mark.parametrize(("method", "name", "more"), OTHERS)
def test_nobody_else_reaches_it(opened, his, visitor, method, name, more) -> None:
    for client in (his, visitor):
        answer = getattr(client, method)(address(name, opened, *more), content_type="application/json")
        assert answer.status_code == 404
    assert opened.mask_revisions.count() == 1


def test_a_photo_without_a_result_has_no_mask(waiting, hers) -> None:
    assert hers.get(address("edit", waiting)).status_code == 409
    answer = send(hers, "mask_save", waiting, {"base_revision": 0, "strokes": [ERASE]})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert send(hers, "mask_smart", waiting, {"stroke": SMART}).status_code == 409


STROKES = json.dumps([ERASE])
NAN, INFINITE, HUGE = (STROKES.replace("48, 32", f"1, {word}") for word in ("NaN", "-Infinity", "1e999"))
BODIES: dict[str, tuple[str | bytes, int, str]] = {
    "nothing": (" ", 400, "invalid_json"),
    "cut off": ('{"base_revision": 0, "strokes": [', 400, "invalid_json"),
    "a comma too many": ('{"base_revision": 0, "strokes": [],}', 400, "invalid_json"),
    "a mark at the beginning": (b"\xef\xbb\xbf{}", 400, "invalid_json"),
    "UTF-16": ('{"base_revision": 0}'.encode("utf-16"), 400, "invalid_json"),
    "a list": (STROKES, 400, "invalid_json"),
    "nested": ("[" * 100_000, 400, "invalid_json"),
    "nested points": (
        '{"base_revision": 0, "strokes": [{"points": ' + "[" * 5000 + "]" * 5000 + "}]}", 400, "invalid_json"
    ),
    "a key twice": (f'{{"base_revision": 0, "base_revision": 1, "strokes": {STROKES}}}', 400, "invalid_json"),
    "NaN": (f'{{"base_revision": 0, "strokes": {NAN}}}', 400, "invalid_json"),
    "Infinity": (f'{{"base_revision": 0, "strokes": {INFINITE}}}', 400, "invalid_json"),
    "1e999": (f'{{"base_revision": 0, "strokes": {HUGE}}}', 400, "invalid_stroke"),
    "no strokes": ('{"base_revision": 0}', 400, "invalid_stroke"),
    "empty strokes": ('{"base_revision": 0, "strokes": []}', 400, "invalid_stroke"),
    "no base": (f'{{"strokes": {STROKES}}}', 400, "invalid_parameter"),
    "base a string": (f'{{"base_revision": "0", "strokes": {STROKES}}}', 400, "invalid_parameter"),
    "base huge": (f'{{"base_revision": {10**30}, "strokes": {STROKES}}}', 400, "invalid_parameter"),
    "base true": (f'{{"base_revision": true, "strokes": {STROKES}}}', 400, "invalid_parameter"),
    "a base there is not": (f'{{"base_revision": 7, "head": 0, "strokes": {STROKES}}}', 404, "unknown_revision"),
    "unknown field": (f'{{"base_revision": 0, "strokes": {STROKES}, "owner": 2}}', 400, "unknown_parameter"),
    "2 MB": (b" " * 2_000_001, 413, "request_too_large"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES.keys())
def test_bad_bodies(opened, hers, body, status, code) -> None:
    answer = send(hers, "mask_save", opened, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert opened.mask_revisions.count() == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_content_types(opened, hers, kind) -> None:
    answer = send(hers, "mask_save", opened, "{}", content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_stroke_that_is_not_smart_is_not_asked_about(opened, hers) -> None:
    assert send(hers, "mask_smart", opened, {"stroke": ERASE}).status_code == 400
    assert send(hers, "mask_smart", opened, {}).status_code == 400


def test_a_flood_is_told_to_wait(opened, hers) -> None:
    answers = [send(hers, "mask_save", opened, "{}").status_code for _ in range(40)]
    assert answers.count(400) == 30 and answers.count(429) == 10


def test_no_token_no_save(opened, alice, client) -> None:
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert send(strict, "mask_save", opened, {"base_revision": 0, "strokes": [ERASE]}).status_code == 403


def test_the_largest_body_holds_the_largest_edit(opened) -> None:
    point = [5999.99, 3999.99, 0.999]
    stroke = {**ERASE, "points": [point] * (mask_input.MAX_POINTS // 10)}
    body = json.dumps({"base_revision": 0, "strokes": [stroke] * 10})
    assert len(body) < mask_input.BODY_BYTES
    assert sum(body.count(sign) for sign in ",[{") < mask_input.PARTS
