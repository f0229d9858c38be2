"""HTML as values: what is not `Html` is text, and is escaped where it enters an element.

So no name can become markup by somebody's forgetting something. Characters that hide or reorder are shown by their
number, as everywhere, and text from files and instances is isolated, so that letters that are written from right to
left turn nothing around them.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby

from reconciler.support.frozen import frozen
from reconciler.support.text import is_hidden, without_workflow_commands

VOID = frozenset(("meta", "link", "input", "line", "rect", "path"))
"""Elements without content. Those of SVG are written as HTML reads them: with a slash at their end."""


@frozen
class Html:
    """Markup that is known to be well-formed."""

    markup: str


Child = Html | str | None
"""What an element may hold; None is nothing."""
Value = str | int | bool | None
"""What an attribute may be: True for one that just stands there, False or None for none."""


def tag(element: str, /, *children: Child, **attributes: Value) -> Html:
    """An element. Attributes are written `class_` and `aria_label`; both they and the children are escaped."""
    begin = f"<{element}{''.join(_attribute(key, value) for key, value in attributes.items())}"
    if element in VOID:
        return Html(f"{begin}/>")
    return Html(f"{begin}>{''.join(map(_markup, children))}</{element}>")


def fragment(children: Iterable[Child], between: Child = None) -> Html:
    """Several as one, perhaps with something between them."""
    return Html(_markup(between).join(map(_markup, children)))


def name(text: str) -> Html:
    """The name of something: in quotes if a blank at one of its ends would not be seen."""
    blank = not text.strip() or text != text.strip()
    return tag("bdi", f"'{text}'" if blank else text)


def said(text: str) -> Html:
    """A sentence, which may quote anything."""
    return tag("bdi", text, dir="ltr")


def code(*children: Child) -> Html:
    """A URL, a path or a command: its characters stand from left to right in the order in which they are stored."""
    return tag("code", *children, dir="ltr")


def plain(text: str) -> str:
    """The text where no element can stand, escaped: what hides is written out."""
    return _safe("".join(_written(character) for character in text), quote=True)


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    written = key.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{plain(str(value))}"'


def _markup(child: Child) -> str:
    if child is None:
        return ""
    return child.markup if isinstance(child, Html) else _escaped(child)


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable():
        return _safe(text)
    return "".join(_run("".join(run), odd) for odd, run in groupby(text, _is_odd))


def _run(text: str, odd: bool) -> str:
    if not odd:
        return _safe(text)
    return f'<span class="escaped">{"".join(map(_written, text))}</span>'


def _safe(text: str, *, quote: bool = False) -> str:
    """Escaped; and what would be a command to a pipeline that prints the page reads as the same text, and is none."""
    return without_workflow_commands(escape(text, quote=quote), "&#35;")


def _written(character: str) -> str:
    return f"\\u{{{ord(character):x}}}" if _is_odd(character) else character


def _is_odd(character: str) -> bool:
    """Whether a character hides, or is one of those that HTML does not know (U+FFFE and its like)."""
    code = ord(character)
    return is_hidden(character) or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
