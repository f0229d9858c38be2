"""The HTML page: one self-contained file.

A content security policy allows only the style and the script below: whatever a name contains, no browser treats it
as either, and nothing is fetched or sent.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

from reconciler.render.html.elements import Html, Part, long_tag, plain, tag

_ASSETS = files("reconciler.render.html") / "assets"


def page(
    title: str, header: Html, main: Iterable[Part], tools: Html | None = None, *, many: bool = False
) -> Iterator[str]:
    """Render a whole document in pieces, ending in a line feed. `many`: it has more cards than are looked at."""
    style, script = _asset("report.css"), _asset("report.js")
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="robots", content="noindex"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        Html(f"<title>{plain(title)}</title>"),
        Html(f"<style>{style}</style>"),
    )
    body = long_tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        header,
        tools,
        long_tag("main", *main, id="content", tabindex=-1, class_="many" if many else None),
        Html(f"<script>{script}</script>"),
    )
    yield "<!DOCTYPE html>\n"
    yield from (piece.markup for piece in long_tag("html", head, body, lang="en"))
    yield "\n"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
