"""Every page keeps to the strict policy: nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.editor.conftest import fail

PAGES = [
    "/",
    "/gallery",
    "/gallery?q=zzz",
    "/bulk",
    "/nowhere",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/2fa/",
    "/accounts/2fa/recovery-codes/generate/",
]
FETCHED = {"src", "action", "data", "poster", "srcset", "formaction"}


class Checker(HTMLParser):
    """Collects what a strict policy would stop, and what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        values = dict(attrs)
        self.found += [f"<{tag} {name}>" for name in values if name == "style" or name.startswith("on")]
        if tag == "style" or (
            tag == "script" and "src" not in values and values.get("type") != "application/json"
        ):
            self.found.append(f"inline <{tag}>")
        for name in FETCHED | ({"href"} if tag in {"link", "use"} else set()):
            if re.match(r"(https?:)?//", values.get(name) or ""):
                self.found.append(f"<{tag} {name}={values[name]}>")
        self.ids += [values["id"]] if "id" in values else []
        if tag == "img" and "alt" not in values:
            self.found.append("<img> without alt")


def check(answer) -> None:
    policy = answer["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    checker = Checker()
    checker.feed(answer.content.decode())
    assert checker.found == []
    assert len(set(checker.ids)) == len(checker.ids)


@pytest.mark.parametrize("path", PAGES)
def test_pages(hers, visitor, path) -> None:
    for client in (hers, visitor):
        check(client.get(path, follow=True))


def test_a_photo_in_every_state(hers, waiting, run) -> None:
    check(hers.get(waiting.get_absolute_url()))
    run(waiting)
    check(hers.get(waiting.get_absolute_url()))
    check(hers.get("/gallery"))
    fail(waiting, "internal_error")
    check(hers.get(waiting.get_absolute_url()))


def test_forms_that_were_filled_in_wrongly(visitor) -> None:
    check(visitor.post("/accounts/signup/", {"email": "no", "password1": "1"}))
    check(visitor.post("/upload", {}))


def test_operators_pages_load_nothing_from_elsewhere(admin_client) -> None:
    answer = admin_client.get("/admin/")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer["content-security-policy"]
    assert "http:" not in answer["content-security-policy"]


def test_buttons_of_account_pages_show_what_is_meant(hers, visitor) -> None:
    assert 'class="button primary"' in visitor.get("/accounts/password/reset/").content.decode()
    page = hers.get("/accounts/email/").content.decode()
    assert 'class="button primary"' in page
