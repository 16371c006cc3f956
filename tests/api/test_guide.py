"""The guides as pages."""

from __future__ import annotations

import re

import pytest

from processing.api.guide import PAGES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", PAGES)
def test_every_guide_is_a_page(client, settings, name):
    answer = client.get(f"/api/v1/guide/{name}")
    page = answer.content.decode()
    assert answer.status_code == 200 and f"<h1>{PAGES[name]}</h1>" in page
    assert "cutouts.example.org" not in page, "the site's own address stands there"
    assert ".md" not in re.sub(r"<code>.*?</code>", "", page), "no link leads to a file"
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert "style=" not in page.partition("<article")[2].partition("</article>")[0]


def test_it_begins_with_the_api_and_has_no_others(client):
    assert b"<h1>The API</h1>" in client.get("/api/v1/guide").content
    assert client.get("/api/v1/guide/configuration").status_code == 404
    assert client.get("/api/v1/guide/..%2fapi").status_code == 404
