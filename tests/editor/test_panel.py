"""The panel beside a result: previews of what is tried, what is tried kept, files made of it, own presets."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts import limits
from editor import panel, presets, trials
from editor.models import Preset, Trial
from editor.panel_views import PREVIEWS
from processing import tasks
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe
from tests import fakes


@pytest.fixture(autouse=True)
def counters(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.rough.cache_clear()
    monkeypatch.setattr(tasks.render, "apply_async", lambda **options: None)


def address(name: str, job: Job, *more: Any) -> str:
    return reverse(f"editor:{name}", args=[job.pk, *more])


def fields(job: Job, **changes: str) -> dict[str, str]:
    """The form of the panel as a browser sends it, with some fields changed."""
    shown = panel.values(trials.current(job))
    ticked = {name: "true" for name in panel.SWITCHES if shown[name]}
    plain = {name: str(shown[name]) for name in panel.FIELDS - {*panel.SWITCHES, "depth"}}
    return {**plain, **ticked, **changes}


def picture(answer) -> np.ndarray:
    data = answer.content if hasattr(answer, "content") else b"".join(answer.streaming_content)
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_change_is_shown_kept_and_made(done, hers) -> None:
    changed = fields(done, background_kind="colour", colour="#ff0000", format="png")
    preview = hers.get(address("preview", done), changed)
    assert (preview.status_code, preview["X-Size"]) == (200, "96x64")
    assert np.abs(picture(preview)[0, 0][:3].astype(int) - [255, 0, 0]).max() < 4
    kept = hers.post(address("recipe", done), changed, headers={"accept": "application/json"})
    assert kept.json() == {"recipe": preview["X-Recipe"], "changed": True}
    assert preview["X-Recipe"] in hers.get(done.get_absolute_url()).content.decode().replace("&amp;", "&")

    made = hers.post(address("make", done), {}, headers={"accept": "application/json"})
    assert (made.status_code, made.json()["file"]) == (202, None)
    rendition = Rendition.objects.get(job=done, recipe=preview["X-Recipe"])
    tasks.render(rendition.pk)
    state = hers.get(made.json()["url"], headers={"accept": "application/json"}).json()
    assert picture(hers.get(state["file"]))[0, 0].tolist()[:3] == [255, 0, 0]
    again = hers.post(address("make", done), {}, headers={"accept": "application/json"})
    assert (again.status_code, again.json()["file"]) == (200, state["file"])


def test_reset_goes_back_to_what_it_was_made_with(done, hers) -> None:
    hers.post(address("recipe", done), fields(done, feather="3"))
    assert Trial.objects.get(job=done).recipe == "feather=3"
    hers.post(address("recipe", done), fields(done) | {"reset": "1"})
    assert not Trial.objects.filter(job=done).exists()


def test_a_marketplace_layout_and_the_edges_stay(done, hers) -> None:
    answer = hers.post(address("recipe", done), fields(done, feather="2") | {"layout": "shop_square"})
    assert answer.status_code == 302
    kept = trials.current(done)
    assert (kept.feather, kept.background) == (2.0, "#ffffff") and kept.canvas != "auto"


BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "a word for a number": ({"feather": "much"}, "invalid_recipe", "feather"),
    "NaN": ({"feather": "nan"}, "invalid_recipe", "feather"),
    "infinite": ({"expand": "-inf"}, "invalid_recipe", "expand"),
    "too much": ({"feather": "1e9"}, "invalid_recipe", "feather"),
    "no colour": ({"background_kind": "colour", "colour": "zzz"}, "invalid_recipe", "background_kind"),
    "opacity": ({"background_kind": "colour", "opacity": "101"}, "invalid_recipe", "opacity"),
    "a huge canvas": ({"canvas_width": "999999", "canvas_height": "9"}, "invalid_recipe", "canvas_width"),
    "a width alone": ({"canvas_width": "1000", "canvas_height": ""}, "half_a_size", "canvas_height"),
    "a height alone": ({"canvas_width": " ", "canvas_height": "9"}, "half_a_size", "canvas_width"),
    "a format there is not": ({"format": "exe"}, "invalid_recipe", "format"),
    "an unknown field": ({"owner": "2"}, "unknown_parameter", ""),
    "a picture of nobody": ({"background_kind": "image", "image": "0" * 64}, "background_missing", ""),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "code", "field"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_is_said_at_its_field(done, hers, wrong, code, field) -> None:
    answer = hers.get(address("preview", done), fields(done, **wrong))
    assert (400 <= answer.status_code < 500, answer.json()["code"]) == (True, code)
    assert answer.json().get("field", "") == field
    page = hers.post(address("recipe", done), fields(done, **wrong))
    assert page.status_code == answer.status_code
    assert f'data-code="{code}"' in page.content.decode()
    assert not Trial.objects.exists()


@pytest.mark.parametrize("chosen", [{}, {"background_kind": "image", "image": ""}])
def test_an_own_background(done, hers, his, chosen) -> None:
    """The field for a picture is there when its kind is chosen, and then no picture is yet."""
    file = SimpleUploadedFile("wall.png", fakes.photo(shade=200))
    sent = fields(done) | chosen | {"picture": file}
    assert hers.get(address("preview", done), fields(done) | chosen).status_code == 200
    assert hers.post(address("add_background", done), sent).status_code == 302
    kind, sha256 = trials.current(done).background.split(":")
    thumbnail = reverse("editor:background", args=[sha256])
    assert (kind, hers.get(thumbnail).status_code, his.get(thumbnail).status_code) == ("image", 200, 404)
    assert hers.get(address("preview", done), fields(done)).status_code == 200


@pytest.mark.parametrize(("data", "code"), [(b"", "empty_file"), (b"<html>", "unsupported_format")])
def test_a_background_that_is_no_picture(done, hers, data, code) -> None:
    file = SimpleUploadedFile("wall.png", data)
    answer = hers.post(address("add_background", done), fields(done) | {"picture": file})
    assert f'data-code="{code}"' in answer.content.decode() and 400 <= answer.status_code < 500


def test_presets_are_saved_used_renamed_deleted(done, hers, alice) -> None:
    hers.post(address("recipe", done), fields(done, feather="4", format="webp"))
    hers.post(address("save_preset", done), {"name": "  My   shop "})
    kept = Preset.objects.get(owner=alice)
    assert (kept.name, kept.recipe) == ("My shop", "feather=4&format=webp")
    hers.post(address("recipe", done), fields(done) | {"reset": "1"})
    hers.post(address("recipe", done), fields(done) | {"own": str(kept.pk)})
    assert trials.current(done).feather == 4.0
    hers.post(address("rename_preset", done, kept.pk), {"name": "Shop"})
    assert Preset.objects.get().name == "Shop"
    hers.post(address("delete_preset", done, kept.pk))
    assert not Preset.objects.exists()


def test_presets_have_names_of_their_own(done, hers, monkeypatch) -> None:
    def save(name: str) -> str:
        answer = hers.post(address("save_preset", done), {"name": name}, headers={"hx-request": "true"})
        return "".join(re.findall('data-code="([^"]*)"', answer.content.decode()))

    assert [save("Shop"), save("Shop"), save(" "), save("x" * 61), save("a\u202eb")] == [
        "", "preset_exists", "invalid_name", "invalid_name", "invalid_name",
    ]  # fmt: skip
    monkeypatch.setattr(presets, "MOST", 1)
    assert save("Another") == "too_many_presets"


def test_anothers_preset_is_not_there(done, hers, his, bob) -> None:
    foreign = Preset.objects.create(owner=bob, name="His", recipe="feather=9")
    answer = hers.post(address("recipe", done), fields(done) | {"own": str(foreign.pk)})
    assert 'data-code="unknown_preset"' in answer.content.decode()
    assert hers.post(address("delete_preset", done, foreign.pk)).status_code == 404


def test_the_clipboard_gets_png_whatever_is_chosen(done, hers) -> None:
    answer = hers.post(
        address("make", done),
        fields(done, format="webp") | {"as": "png"},
        headers={"accept": "application/json"},
    )
    assert answer.status_code in (200, 202)
    assert Recipe.from_canonical(Rendition.objects.latest("pk").recipe).format == "png"


def test_previews_have_a_limit(done, hers, monkeypatch) -> None:
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: 1000.0))
    limits.hit_all(limits.rough(), f"preview:{done.owner_id}", (PREVIEWS,), cost=PREVIEWS.limit - 1)
    answers = [hers.get(address("preview", done), {"recipe": ""}).status_code for _ in range(2)]
    assert answers == [200, 429]


@pytest.mark.parametrize("name", ["preview", "recipe", "make", "add_background", "save_preset"])
def test_nobody_else_reaches_it(done, his, visitor, name) -> None:
    method = "get" if name == "preview" else "post"
    assert [getattr(each, method)(address(name, done)).status_code for each in (his, visitor)] == [404, 404]
