"""Whatever names, URLs and messages hold, a page is the page that is meant: read by a parser of HTML5, strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise, takewhile
from typing import Any

import html5lib
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.clients import Location
from reconciler.model.diagnostics import warning
from reconciler.planning.plan.plan import Note, Plan
from reconciler.project import Addresses
from reconciler.render.html.overview import render_html
from reconciler.render.view.highlight import marked, pairs
from reconciler.results import Overview, Planned
from reconciler.support.text import is_hidden, without_workflow_commands
from tests.builders import declare, listing, plan_of
from tests.golden.overviews import instance
from tests.render.overviews import overviews
from tests.render.pages import PAGES
from tests.render.strategies import plans, texts, wild_plans
from tests.render.terminal.test_properties import tamed
from tests.tiers import examples

_FORGERIES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></script><h1>",
    "]]>",
    "--><!--",
    "&lt;b&gt; &amp;amp; &#60;",
    "a|b`c`",
    "\u202egpj.exe\u202c",
    "\u2067\u05d0\u05d1",
    "\x00",
    "\x1b[31m",
    "\U0001f600" * 255,
    "'\"=>/",
    "\ufffe\ufdd0",
]
_parts = st.text("ab_/. \u00e9\u0301", max_size=3)
_texts = texts | st.sampled_from(_FORGERIES)
_ASSETS = re.compile(r"(<(style|script)>).*?(</\2>)", re.DOTALL)
_ATTRIBUTES = re.compile(r"(?!on)[a-z-]+|http-equiv|viewBox|preserveAspectRatio|[xy][12]?")


def elements(page: str) -> list[Any]:
    """Every element, as a browser would see them. Raises if anything in the page is not as HTML5 wants it."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    return list(parser.parse(page).iter())


def content(page: str) -> str:
    """The page without what is the same in all of them, which takes long to read."""
    return _ASSETS.sub(r"\1\3", page)


def written(text: str) -> str:
    """As a page shows it: what hides, and what HTML does not know, by its number."""
    return "".join(f"\\u{{{ord(c):x}}}" if is_hidden(c) or _is_unknown(ord(c)) else c for c in text)


def _is_unknown(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def shape(page: str) -> list[str]:
    """The elements without those that only mark parts of a text."""
    marks = ("del", "ins")
    return [
        f"{each.tag} {each.get('class')}"
        for each in elements(page)
        if each.tag not in marks and each.get("class") not in ("escaped", "flag")
    ]


def strings(page: str) -> Iterator[str]:
    """Every text and every value of an attribute."""
    for each in elements(page):
        if each.tag not in ("style", "script"):
            yield from (text for text in (each.text, each.tail, *each.attrib.values()) if text)
            assert all(_ATTRIBUTES.fullmatch(key) for key in each.attrib), each.attrib


def plan_page(plan: Plan) -> str:
    return content(render_html(Overview("plan", (Planned(instance("staging", 4), plan, ()),))))


@examples(0.6)
@given(overviews())
def test_no_text_breaks_a_page_or_hides_in_it(overview: Overview) -> None:
    page = content(render_html(overview))
    assert all(written(line) == line for text in strings(page) for line in text.split("\n"))
    assert without_workflow_commands(page, "") == page
    found = [each.tag for each in elements(page)]
    assert [found.count(only) for only in ("script", "style", "title", "h1", "main")] == [1, 1, 1, 1, 1]
    assert not {"img", "iframe", "object", "embed", "base", "form"} & set(found)
    targets = [each.get("href") for each in elements(page) if each.tag == "a"]
    assert all(target.startswith("#") for target in targets)


@examples(0.6)
@given(wild_plans)
def test_a_page_has_the_elements_of_one_with_harmless_names(plan: Plan) -> None:
    """No name, URL or message makes, ends or hides an element."""
    assert shape(plan_page(plan)) == shape(plan_page(tamed(plan)))


@examples(0.6)
@given(plans(), _texts)
def test_every_change_and_risk_is_in_the_page(plan: Plan, text: str) -> None:
    """As text, letter by letter."""
    page = plan_page(replace(plan, notes=(Note("some-code", text),)))
    shown = "".join(elements(page)[0].itertext())
    assert written(text) in shown
    for change in plan.changes:
        assert written(change.name) in shown
        assert all(written(risk.text) in shown for risk in change.risks)


@given(_texts, _texts)
@example("##vso[task.complete]", "#1##vso[task.complete]")
def test_the_pieces_of_a_difference_are_the_texts_again(before: str, after: str) -> None:
    """What is not marked is the same in both, and in one piece: what a pipeline may obey is defused within a piece."""
    old, new = marked(before, after)
    assert "".join(text for text, _ in old) == before
    assert "".join(text for text, _ in new) == after
    same = ["".join(text for text, differs in pieces if not differs) for pieces in (old, new)]
    assert same[0] == same[1]
    for pieces in (old, new):
        assert all(one[1] != next_one[1] for one, next_one in pairwise(pieces))


@given(st.lists(_parts), st.lists(_parts), st.lists(_parts), st.lists(_parts))
@example(["a"], ["b", "c"], ["b"], ["c"])
@example(["/", "ab"], ["x"], ["y"], ["ab", "/"])
def test_what_two_texts_have_in_common_at_their_ends_is_found_in_whole_words(
    head: list[str], one: list[str], other: list[str], tail: list[str]
) -> None:
    """As if they were compared word by word, and character by character between words."""
    before, after = ("".join([*head, *each, *tail]) for each in (one, other))
    old, new = ([*re.findall(r"\w+|\W", each)] for each in (before, after))
    at_start = len([*takewhile(lambda both: both[0] == both[1], zip(old, new, strict=False))])
    both_ends = zip(reversed(old[at_start:]), reversed(new[at_start:]), strict=False)
    at_end = len([*takewhile(lambda both: both[0] == both[1], both_ends)])
    for parts, pieces in zip((old, new), marked(before, after), strict=True):
        shown = [differs for text, differs in pieces for _ in text]
        starts = [*accumulate(map(len, parts), initial=0)]
        first, last = starts[at_start], starts[len(parts) - at_end]
        assert not any(shown[:first])
        assert not any(shown[last:])
        assert all(not (text[-1].isalnum() and then[0].isalnum()) for (text, _), (then, _) in pairwise(pieces))


@given(st.lists(_texts, max_size=5, unique=True), st.lists(_texts, max_size=5, unique=True))
def test_each_url_stands_in_exactly_one_pair(removed: list[str], added: list[str]) -> None:
    found = pairs(removed, added)
    assert [old for old, _ in found if old is not None] == removed
    assert sorted(new for _, new in found if new is not None) == sorted(added)


def test_every_page_is_html5_and_no_two_elements_have_one_id() -> None:
    for render in PAGES.values():
        ids = [each.get("id") for each in elements(render()) if each.get("id")]
        targets = [each.get("href")[1:] for each in elements(render()) if each.tag == "a"]
        assert len(ids) == len(set(ids))
        assert set(targets) <= set(ids)


def test_the_name_of_a_rule_leads_to_its_page_once_there_is_a_site() -> None:
    """What is no rule of ours has no page; below plans as well as alone."""
    place = Location("a.yaml", 1, 2)
    found = (warning("duplicate-key", "twice", place), warning("redirect-fragment", "it is so", place))
    page = "https://keeper.test/latest/reference/rules.html#redirect-fragment"
    for results in ((), (Planned(instance("staging", 4), plan_of(declare(), listing()), ()),)):
        overview = Overview("validate", results, diagnostics=found)
        for project, linked in ((Addresses(), []), (Addresses(site="https://keeper.test"), [page])):
            links = [each for each in elements(render_html(overview, project)) if each.tag == "a"]
            assert [each.get("href") for each in links if not each.get("href").startswith("#")] == linked
