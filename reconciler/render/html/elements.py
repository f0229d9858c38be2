"""HTML as values: anything that is not `Html` is text, and is escaped when it is put into an element.

So a name cannot become markup because somebody forgot to escape it. Characters that are invisible or reorder text are
shown as code points, as everywhere, and text from files and instances is isolated, so that right-to-left text does not
reorder what is around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Protocol

from reconciler.render.view.messages import code_parts
from reconciler.support.frozen import frozen
from reconciler.support.text import is_fully_visible, is_hidden, without_workflow_commands

VOID = frozenset(("meta", "link", "input", "line", "rect", "path"))
"""Elements without content, written with a slash at the end: in HTML, those of SVG need it."""


@frozen
class Html:
    """Markup that is known to be well-formed."""

    markup: str


Child = Html | str | None
"""What an element may contain; None is nothing."""
Part = Child | Iterator[Html]
"""What a long element may contain: also an element in pieces."""
Value = str | int | bool | None
"""The value of an attribute: True for an attribute without a value, False or None for no attribute."""


def tag(element: str, /, *children: Child, **attributes: Value) -> Html:
    """Build an element. Attributes are written as in `class_` and `aria_label`; they and the children are escaped."""
    begin = _begin(element, **attributes)
    if element in VOID:
        return Html(f"{begin}/>")
    return Html(f"{begin}>{''.join(map(_markup, children))}</{element}>")


def long_tag(element: str, /, *children: Part, **attributes: Value) -> Iterator[Html]:
    """Build an element in pieces, for one that has thousands of others in it: `tag` copies them at every level."""
    yield Html(f"{_begin(element, **attributes)}>")
    yield from in_pieces(children)
    yield Html(f"</{element}>")


def in_pieces(parts: Iterable[Part]) -> Iterator[Html]:
    """Join several parts, as `join` does, without making one text of them."""
    for part in parts:
        if isinstance(part, Iterator):
            yield from part
        elif part is not None:
            yield Html(_markup(part))


class Template(Protocol):
    """Puts a child in each of the places of some markup."""

    def __call__(self, *children: Child) -> Html:
        """Return the markup with the children in it, as many as there are places."""


def template(markup: str) -> Template:
    """Return a function that puts a child, escaped as `tag` does its children, in the place of each %s of the markup.

    For the elements of a change: one call for several of them, where a page has thousands. Quotes are not escaped: in
    an attribute, only words of our own may have a place. `tag` escapes attributes.
    """

    def fill(*children: Child) -> Html:
        texts = [each.markup if isinstance(each, Html) else _escaped(each) if each else "" for each in children]
        return Html(markup % tuple(texts))

    def fill_one(*children: Child) -> Html:
        return Html(f"{before}{_markup(*children)}{after}")

    before, _, after = markup.partition("%s")
    return fill if "%s" in after else fill_one


def join(children: Iterable[Child], between: Child = None) -> Html:
    """Join several children into one, optionally with a separator."""
    return Html(_markup(between).join(map(_markup, children)))


def client_name(text: str) -> Html:
    """Render a name, isolated from what is around it."""
    return _NAME(name_text(text))


def name_text(text: str) -> str:
    """Return a name, in quotes if it starts or ends with a blank, which would be invisible."""
    return text if text and text == text.strip() else f"'{text}'"


def with_marks(parts: Iterable[tuple[str, bool]], mark: str) -> Html:
    """Render a text whose parts are put into an element, `del` or `ins`, where they differ from another text."""
    shown = [f"<{mark}>{_escaped(part)}</{mark}>" if differs else _escaped(part) for part, differs in parts]
    return Html("".join(shown))


_FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")


def sentence(text: str) -> Html:
    """Render a sentence, which may quote any text; the program's own code in it is code, and no flag is broken."""
    return _SENTENCE(words(text))


def words(text: str) -> Child:
    """Render what a sentence has in its element, for a template that has the element itself."""
    if "`" not in text and "--" not in text:  # as most are
        return text
    parts = ([code(part)] if number % 2 else _whole_flags(part) for number, part in enumerate(code_parts(text)))
    return join(part for several in parts for part in several)


def _whole_flags(text: str) -> list[Child]:
    return [tag("span", part, class_="flag") if n % 2 else part for n, part in enumerate(_FLAG.split(text)) if part]


def code(text: Child) -> Html:
    """Render a URL, a path or a command, its characters from left to right in the order in which they are stored."""
    return _CODE(text)


_NAME = template("<bdi>%s</bdi>")
_SENTENCE = template('<bdi dir="ltr">%s</bdi>')
_CODE = template('<code dir="ltr">%s</code>')


def plain(text: str) -> str:
    """Escape text for a place that allows no element; invisible characters become code points."""
    return _safe(text if is_fully_visible(text) else "".join(map(_visible, text)), quote=True)


@lru_cache(maxsize=512, typed=True)  # most are the same for every change
def _begin(element: str, /, **attributes: Value) -> str:
    return f"<{element}{''.join([_attribute(key, value) for key, value in attributes.items()])}"


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    written = key.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{plain(str(value))}"'


def _markup(child: Child) -> str:
    if isinstance(child, Html):
        return child.markup
    return "" if child is None else _escaped(child)


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable() and "##" not in text:  # nearly every text
        return escape(text, quote=False) if "<" in text or ">" in text or "&" in text else text
    if is_fully_visible(text):
        return _safe(text)
    return "".join(_run("".join(run), odd) for odd, run in groupby(text, _needs_escape))


def _run(text: str, odd: bool) -> str:
    if not odd:
        return _safe(text)
    return f'<span class="escaped">{"".join(map(_visible, text))}</span>'


def _safe(text: str, *, quote: bool = False) -> str:
    """Escape text, and make workflow commands harmless in a pipeline that prints the page; they still read the same."""
    return without_workflow_commands(escape(text, quote=quote), "&#35;")


def _visible(character: str) -> str:
    return f"\\u{{{ord(character):x}}}" if _needs_escape(character) else character


def _needs_escape(character: str) -> bool:
    """Whether a character is invisible or reorders text, or is not allowed in HTML (U+FFFE and the like).

    A text that is fully visible has none of these.
    """
    code = ord(character)
    return is_hidden(character) or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
