"""The guides of docs/ as pages of the site, so that who has a key needs no checkout to read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# What each page is called, in the order in which they are listed.
PAGES = {
    "api": "The API",
    "recipe": "The recipe",
    "batches": "Batches",
    "webhooks": "Webhooks",
    "errors": "Errors",
    "migration": "Coming from another service",
}
EXAMPLE = "https://cutouts.example.org"  # stands in the files where the site's own address belongs
LANGUAGES = {"bash": "curl", "sh": "Shell", "python": "Python", "javascript": "JavaScript", "json": "JSON"}


@dataclass(frozen=True)
class Page:
    """`body` is HTML, `parts` the ids and titles of its sections."""

    title: str
    body: SafeString
    parts: tuple[tuple[str, str], ...]


@require_safe
def guide(request: HttpRequest, name: str = "api") -> HttpResponse:
    if name not in PAGES:
        raise Http404
    context = {"page": read(name), "name": name, "pages": PAGES}
    return render(request, "api/guide.html", context)


@cache
def read(name: str) -> Page:
    """A file of this repository, so its HTML is our own; HTML within it is shown as text all the same."""
    text = (settings.BASE_DIR / "docs" / f"{name}.md").read_text().replace(EXAMPLE, settings.SITE_URL)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    parts = tuple(_sections(tokens))
    _lead_links(tokens)
    _take_title(tokens)
    markdown.add_render_rule("fence", _fence)
    html = markdown.renderer.render(tokens, markdown.options, {})
    # A wide table scrolls in its own box, not the page; a box that scrolls can be reached by keyboard.
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )
    html = html.replace(
        "<pre><code", '<pre tabindex="0"><code'
    )  # a block that is scrolled is reached by keys
    return Page(PAGES[name], mark_safe(html), parts)  # noqa: S308


def _sections(tokens: list[Token]) -> Any:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            title = re.sub(r"[`*]", "", inline.content)
            opening.attrSet("id", slugify(title))
            yield slugify(title), title


def _lead_links(tokens: list[Token]) -> None:
    """Links between the files lead to their pages, by their titles; what is no page here leads nowhere."""
    children = [child for parent in tokens for child in parent.children or []]
    for token, words in pairwise(children):
        target = str(token.attrGet("href") or "") if token.type == "link_open" else ""
        found = re.fullmatch(r"(?:\.\./)*(?:docs/)?(\w+)\.md(#.*)?", target)
        if found and found[1] in PAGES:
            token.attrSet("href", reverse("api:guide", args=[found[1]]) + (found[2] or ""))
            words.content = PAGES[found[1]] if words.content == f"{found[1]}.md" else words.content
        elif found:
            token.attrSet("href", "#")


def _take_title(tokens: list[Token]) -> None:
    """The first heading is the page's own."""
    if tokens and tokens[0].tag == "h1":
        del tokens[:3]


def _fence(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    language = LANGUAGES.get(tokens[index].info.strip(), "")
    label = f"<figcaption>{language}</figcaption>" if language else ""
    code = _escaped(tokens[index].content)
    return f'<figure class="code">{label}<pre tabindex="0"><code>{code}</code></pre></figure>\n'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
