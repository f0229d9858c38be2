"""Markdown that no name can break: taken apart again by a parser of GitHub's dialect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.model.clients import Location
from reconciler.model.settings import Instance
from reconciler.render.markdown.comment import COMMENT, render_markdown
from reconciler.render.markdown.escape import code, fenced, html, prose
from reconciler.render.terminal.plan import unchanged_clients
from reconciler.render.view.findings import ReviewKind, findings, new_clients
from reconciler.results import Finished, Overview, Planned, Stopped
from reconciler.support.text import printable
from tests.builders import absent, declare, listing, live, plan_of, present
from tests.render.overviews import overviews
from tests.render.strategies import texts
from tests.tiers import examples

PARSER = MarkdownIt("gfm-like", {"linkify": True})
# As GitHub does: a host without www. and without a scheme is no link.
PARSER.linkify.set({"fuzzy_link": False, "fuzzy_email": True})  # type: ignore[union-attr]

# The only HTML there may be. `.` is no end of a line, and no name brings a < or > of its own.
OWN_HTML = re.compile(
    r"<!-- reconciler (plan|apply|validate) -->|<details><summary>([^<>]|</?code>|<!-- -->)*</summary>|</details>"
)
MENTION = re.compile(r"(?<!\w)[@#!%^~$]\w|GH-\d|//|www\.", re.IGNORECASE)


def tokens(markdown: str) -> list[Token]:
    found = PARSER.parse(markdown)
    return [each for token in found for each in (token, *(token.children or ()))]


def shown(markdown: str) -> Iterator[str]:
    """The pieces of text outside of code in which a reference would be looked for."""
    yield from (token.content for token in tokens(markdown) if token.type == "text")


def one_line(markdown: str) -> None:
    assert printable(markdown) == markdown
    kinds = {token.type for token in tokens(f"x {markdown} x")}
    assert kinds <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
        "html_inline",
        "code_inline",
    }


@given(texts)
def test_prose_is_shown_as_it_is_and_refers_to_nothing(text: str) -> None:
    one_line(prose(text))
    inside = tokens(f"x {prose(text)} x")
    assert {token.content for token in inside if token.type == "html_inline"} <= {"<!-- -->"}
    assert "".join(t.content for t in inside if t.type in ("text", "text_special")) == f"x {printable(text)} x"
    assert not any(MENTION.search(piece) for piece in shown(f"x {prose(text)} x"))


@given(texts)
def test_code_is_shown_as_it_is(text: str) -> None:
    one_line(code(text))
    [inside] = [token.content for token in tokens(f"x {code(text)} x") if token.type == "code_inline"]
    expected = printable(text).replace("|", r"\u{7c}")
    assert inside == (expected if expected.strip() else f"'{expected}'")


@given(texts)
def test_html_holds_no_tag_but_its_own(text: str) -> None:
    assert re.sub("<!-- -->", "", html(text)).count("<") == 0
    assert printable(html(text)) == html(text)


@given(st.lists(texts.map(printable), max_size=4))
def test_a_block_of_code_ends_where_it_should(lines: list[str]) -> None:
    fences = [token for token in tokens(fenced(lines, "diff")) if token.type == "fence"]
    assert [token.content for token in fences] == ["".join(f"{line}\n" for line in lines)]
    assert len(PARSER.parse(fenced(lines, "diff"))) == 1


def folded(overview: Overview) -> int:
    """How many blocks there are to unfold."""
    number = 0
    for result in overview.results:
        match result:
            case Planned(plan=plan):
                number += len(plan.changes)
            case Finished(planned=planned, report=report, already_live=done):
                plan = planned.plan
                number += len(done) + len(report.outcomes)
            case Stopped():
                continue
        number += len(plan.kept) + bool(list(unchanged_clients(plan)))
    return number


def aside(overview: Overview) -> int:
    """How many warnings stand folded, all in one piece, after what the plans change."""
    return sum(finding.kind is ReviewKind.FILES for finding in findings(overview)) if overview.results else 0


@examples(0.5)
@given(overviews())
def test_no_name_adds_hides_or_changes_a_piece(overview: Overview) -> None:
    """As many headings, points, rows and blocks as there are things to show, no link, no image, no tag but ours."""
    markdown = render_markdown(overview, 10**9)
    found = tokens(markdown)
    kinds = Counter(token.type for token in found)
    listed = [finding for finding in findings(overview) if finding.kind is not ReviewKind.CHANGE]
    assert kinds["list_item_open"] == len(listed) + len(new_clients(overview))
    assert kinds["fence"] == folded(overview)
    assert kinds["tr_open"] == (len(overview.results) + 1 if len(overview.results) > 1 else 0)
    assert kinds["th_open"] * kinds["tr_open"] == 3 * kinds["tr_open"]
    assert kinds["link_open"] == kinds["image"] == kinds["code_block"] == kinds["hr"] == 0
    for token in found:
        if token.type == "html_block":
            assert [line for line in token.content.splitlines() if not OWN_HTML.fullmatch(line)] == []
        elif token.type == "html_inline":
            assert token.content == "<!-- -->"
    assert not any(MENTION.search(piece) for piece in shown(markdown))
    pieces = [token.content for token in found if token.type == "html_block"]
    assert sum(piece.count("<details>") for piece in pieces) == folded(overview) + bool(aside(overview))
    assert sum(piece.count("</details>") for piece in pieces) == folded(overview) + bool(aside(overview))
    assert printable(markdown.replace("\n", "")) == markdown.replace("\n", "")


@examples(0.5)
@given(overviews(), st.integers(2_000, 9_000))
def test_what_does_not_fit_is_left_out_whole_and_counted(overview: Overview, most: int) -> None:
    markdown, whole = render_markdown(overview, most), render_markdown(overview, 10**9)
    assert len(markdown.encode()) < most
    kinds = Counter(token.type for token in tokens(markdown))
    pieces = "".join(token.content for token in tokens(markdown) if token.type == "html_block")
    warned = len(re.findall(r"<summary>\d+ warnings? about the files</summary>", pieces))
    assert pieces.count("<details>") == pieces.count("</details>") == kinds["fence"] + warned
    if markdown != whole:
        everything = Counter(token.type for token in tokens(whole))
        missing = sum(everything[kind] - kinds[kind] for kind in ("fence", "list_item_open", "tr_open"))
        missing -= aside(overview) - 1 if aside(overview) and not warned else 0  # they are left out as one
        [notice] = re.findall(r"Left out: (.*?);", markdown)
        assert sum(map(int, re.findall(r"\d+", notice))) == missing


def planned(name: str, clients: int) -> Planned:
    wanted = declare(*(present(f"{'x' * 240} {number}", line=number + 1) for number in range(clients)))
    plan = replace(plan_of(wanted, listing(live(1, "PmApi"))), instance=name)
    return Planned(Instance(name, Location("reconciler.yaml", 1, 1), url=plan.identity), plan, ())


def test_a_comment_fits_in_a_comment() -> None:
    """GitHub refuses one of 65,536 characters."""
    markdown = render_markdown(Overview("plan", (planned("staging", 1_000),)))
    assert COMMENT - 3_000 < len(markdown.encode()) < 65_536
    assert "Not all of it fits here" in markdown


def test_a_large_fleet_leaves_room_for_what_has_to_be_known() -> None:
    """The table alone would fill the comment; the gravest of it come first, and no heading stands above nothing."""
    fleet = [planned(f"instance-{number:04}", 1) for number in range(3_000)]
    gone = plan_of(declare(absent("Old CRM")), listing(live(1, "PmApi"), live(6, "Old CRM")))
    blocked = plan_of(declare(present("Twice")), listing(live(6, "Twice"), live(7, "Twice")))
    last = [replace(fleet[0], plan=plan) for plan in (gone, blocked)]
    markdown = render_markdown(Overview("plan", (*fleet, *last)))
    assert len(markdown.encode()) < 65_536
    assert "**3002 instances: 3001 with changes, 1 blocked**" in markdown
    assert markdown.index("| blocked |") < markdown.index("| changes |")
    assert markdown.index("### Blocked") < markdown.index("### Deletions") < markdown.index("<details>")
    headings = [line for line in markdown.splitlines() if line.startswith("###")]
    assert len(headings) <= 2 + markdown.count("<details>")
