"""Markdown that no name can break: taken apart again by a parser of GitHub's dialect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.live.observation import ObservationAge
from reconciler.model.clients import EntryLocations, Location
from reconciler.model.diagnostics import warning
from reconciler.model.errors import Unavailable
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import OnDrift, Plan, Update
from reconciler.project import Addresses
from reconciler.render.markdown.comment import COMMENT, render_markdown
from reconciler.render.markdown.context import CommentContext, context_of
from reconciler.render.markdown.escape import code, fenced, html, prose
from reconciler.render.terminal.fleet import fleet_line, shortened
from reconciler.render.terminal.unchanged import unchanged_clients
from reconciler.render.view.change_groups import change_groups, shared_deliveries
from reconciler.render.view.findings import ReviewFinding, findings
from reconciler.render.view.kinds import ReviewKind
from reconciler.render.view.where import Fleet
from reconciler.results import Finished, Overview, Planned, Stopped
from reconciler.support.text import printable
from tests.builders import absent, declare, listing, live, plan_of, present, spec
from tests.render.overviews import overviews
from tests.render.strategies import texts
from tests.review.comment import visible_lines
from tests.tiers import examples

PARSER = MarkdownIt("gfm-like", {"linkify": True})
# As GitHub does: a host without www. and without a scheme is no link.
PARSER.linkify.set({"fuzzy_link": False, "fuzzy_email": True})  # type: ignore[union-attr]

# The only HTML there may be. `.` is no end of a line, and no name brings a < or > of its own.
OWN_HTML = re.compile(
    r"<!-- reconciler (plan|apply|validate) -->|<details><summary>([^<>]|</?code>|<!-- -->)*</summary>|</details>"
)
OWN_TAGS = re.compile(r"<(/?)(code|ins|del|sub)>")
TEXT = ("text", "text_special", "code_inline")
ON_LINES = (ReviewKind.DELETE, ReviewKind.DELIVER, ReviewKind.RISK, ReviewKind.CHANGE)
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


def decisive(overview: Overview) -> int:
    """How many lines have to be seen: one for each change, however many instances it has, and for all else found."""
    plans = [each.plan for each in overview.results if isinstance(each, Planned)]
    shown = [each for each in findings(overview) if each.kind not in ON_LINES and not unseen(each, overview)]
    bases = [plan for plan in all_plans(overview) if plan.base is not None]
    waivers = {waived for plan in bases for waived in plan.waived if waived not in plan.known}
    return len(change_groups(plans)) + len(shared_deliveries(plans)) + len(shown) + len(waivers)


def unseen(finding: ReviewFinding, overview: Overview) -> bool:
    """Whether a warning or note is counted or folded."""
    if finding.kind is ReviewKind.FILES and overview.results and overview.known is None:
        return True
    return finding.kind in (ReviewKind.FILES, ReviewKind.ODD) and not finding.caused


def all_plans(overview: Overview) -> list[Plan]:
    found = [each.planned if isinstance(each, Finished) else each for each in overview.results]
    return [each.plan for each in found if isinstance(each, Planned)]


def folded(overview: Overview) -> int:
    """How many pieces are folded: the fields of what changes, what came of it, and what a plan leaves alone."""
    planned_ones = [each.plan for each in overview.results if isinstance(each, Planned)]
    plain_ones = [group for group in change_groups(planned_ones) if isinstance(group.change, Update)]
    number = len(plain_ones)
    for result in overview.results:
        if isinstance(result, Finished):
            number += len(result.already_live) + len(result.report.outcomes)
    for plan in all_plans(overview):
        ordinary = not (plan.ignored or plan.unsupported) and all(u.system and not u.note for u in plan.unmanaged)
        number += bool(list(unchanged_clients(plan)) and not ordinary)
    return number


def aside(overview: Overview) -> int:
    """How many warnings stand folded, all in one piece, since nobody knows which of them are new."""
    unknown = overview.results and overview.known is None
    return sum(finding.kind is ReviewKind.FILES for finding in findings(overview)) if unknown else 0


def with_details(overview: Overview) -> Overview:
    """The same run, with as many details as there are: those of a plan are for a short comment only."""
    return replace(overview, command="apply")


@examples(0.5)
@given(overviews())
def test_no_name_adds_hides_or_changes_a_piece(overview: Overview) -> None:
    """As many points, rows and blocks as there are things to show, no image, no tag and no link but ours."""
    overview = with_details(overview)
    markdown = render_markdown(overview, 10**9)
    found = tokens(markdown)
    kinds = Counter(token.type for token in found)
    assert kinds["list_item_open"] == decisive(overview) + aside(overview)
    assert kinds["fence"] == folded(overview)
    assert kinds["tr_open"] == (rows(overview) + 1 if len(overview.results) > 1 else 0)
    assert kinds["th_open"] * kinds["tr_open"] == 3 * kinds["tr_open"]
    assert kinds["image"] == kinds["code_block"] == kinds["hr"] == 0
    links = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    assert all(re.fullmatch(rf"{re.escape(overview.blob_url or '')}[!-~]*#L\d+", link) for link in links)
    assert overview.blob_url is not None or not links
    opened: list[str] = []
    for token in found:
        if token.type == "html_block":
            assert [line for line in token.content.splitlines() if not OWN_HTML.fullmatch(line)] == []
        elif token.type == "html_inline" and token.content != "<!-- -->":
            tag = OWN_TAGS.fullmatch(token.content)
            assert tag is not None
            assert not tag[1] or opened.pop() == tag[2]
            opened += [] if tag[1] else [tag[2]]
    assert opened == []
    assert not any(MENTION.search(piece) for piece in shown(markdown))
    pieces = [token.content for token in found if token.type == "html_block"]
    assert sum(piece.count("<details>") for piece in pieces) == folded(overview) + bool(aside(overview))
    assert sum(piece.count("</details>") for piece in pieces) == folded(overview) + bool(aside(overview))
    assert printable(markdown.replace("\n", "")) == markdown.replace("\n", "")


def rows(overview: Overview) -> int:
    """How many different results the instances have."""
    lines = [fleet_line(result) for result in overview.results]
    return len({(each.verdict, each.counts, shortened(each.remark)) for each in lines})


@examples(0.5)
@given(overviews(), st.integers(2_000, 9_000))
def test_what_does_not_fit_is_left_out_whole_and_counted(overview: Overview, most: int) -> None:
    """At the top, in a warning, if it decides; else at the end."""
    overview = with_details(overview)
    markdown, whole = render_markdown(overview, most), render_markdown(overview, 10**9)
    assert len(markdown.encode()) < most
    kinds = Counter(token.type for token in tokens(markdown))
    pieces = "".join(token.content for token in tokens(markdown) if token.type == "html_block")
    warned = len(re.findall(r"<summary>\d+ warnings? about the files</summary>", pieces))
    assert pieces.count("<details>") == pieces.count("</details>") == kinds["fence"] + warned
    if markdown != whole:
        everything = Counter(token.type for token in tokens(whole))
        counted = sum(everything[kind] - kinds[kind] for kind in ("fence", "list_item_open", "tr_open"))
        counted -= aside(overview) - 1 if aside(overview) and not warned else 0  # they are left out as one
        notices = re.findall(r"(?:comment alone: (.*?) did not fit|Left out for its length: (.*?)\. )", markdown)
        numbers = [int(number) for notice in notices for number in re.findall(r"\d+ (?!line)", "".join(notice))]
        assert sum(numbers) == counted


def planned(name: str, clients: int) -> Planned:
    wanted = declare(*(present(f"{'x' * 240} {number}", line=number + 1) for number in range(clients)))
    plan = replace(plan_of(wanted, listing(live(1, "PmApi"))), instance=name)
    return Planned(Instance(name, Location("reconciler.yaml", 1, 1), url=plan.identity), plan, ())


def test_a_comment_fits_in_a_comment() -> None:
    """GitHub refuses one of 65,536 characters. What a reviewer would miss is counted before everything else."""
    markdown = render_markdown(Overview("plan", (planned("staging", 1_000),)))
    assert COMMENT - 3_000 < len(markdown.encode()) < 65_536
    cut = markdown.index("Do not approve by this comment alone: ")
    assert cut < markdown.index("### New clients")
    [missing] = re.findall(r"alone: (\d+) new clients did not fit into it", markdown)
    assert int(missing) + markdown.count("\n- create ") == 1_000


def test_a_large_fleet_leaves_room_for_what_has_to_be_known() -> None:
    """Instances with the same result are one row; the gravest of it come first, and no heading stands above nothing."""
    fleet = [planned(f"instance-{number:04}", 1) for number in range(3_000)]
    gone = plan_of(declare(absent("Old CRM")), listing(live(1, "PmApi"), live(6, "Old CRM")))
    blocked = plan_of(declare(present("Twice")), listing(live(6, "Twice"), live(7, "Twice")))
    last = [
        replace(fleet[0], plan=replace(plan, instance=name), instance=replace(fleet[0].instance, name=name))
        for name, plan in (("gone", gone), ("blocked", blocked))
    ]
    markdown = render_markdown(Overview("plan", (*fleet, *last)))
    assert len(markdown.encode()) < 20_000
    assert "**3002 instances: 3001 with changes, 1 blocked · 3000 to create, 1 to delete**" in markdown
    assert markdown.index("| blocked |") < markdown.index("| changes |")
    assert markdown.index("### Blocked") < markdown.index("### Deletions") < markdown.index("### New clients")
    headings = [line for line in markdown.splitlines() if line.startswith("###")]
    assert len(headings) <= 4


FLEET = [f"pm-{number}" for number in range(1, 13)]
CLIENTS = [f"Client {number}" for number in range(1, 26)]


def own_url(name: str, client: str, path: str = "cb") -> str:
    """A redirect URL that follows no pattern."""
    return f"https://{sha256(f'{name} {client}'.encode()).hexdigest()[:12]}.example.com/{path}"


def differing(name: str, path: str = "cb", seen: str | None = None) -> Planned:
    """The plan of an instance on which every client has a URL of its own."""
    wanted = declare(
        *(present(spec(client, redirect=own_url(name, client, path)), line=n) for n, client in enumerate(CLIENTS, 1))
    )
    there = [live(n, spec(client, redirect=own_url(name, client, seen))) for n, client in enumerate(CLIENTS, 6) if seen]
    plan = replace(plan_of(wanted, listing(live(1, "PmApi"), *there)), instance=name)
    return Planned(Instance(name, Location("reconciler.yaml", 1, 1), url=plan.identity), plan, ())


@pytest.mark.parametrize(("word", "seen", "most_each"), [("create", None, 67), ("update", "old", 175)])
def test_urls_that_follow_no_pattern_stand_below_their_client(word: str, seen: str | None, most_each: int) -> None:
    """Every one is seen, and nothing else is repeated. What does not fit is counted one by one."""
    overview = Overview("plan", tuple(differing(name, seen=seen) for name in FLEET))
    markdown = render_markdown(overview)
    assert len(markdown.encode()) < 300 * most_each
    hosts = [own_url(name, client).split("/")[2] for name in FLEET for client in CLIENTS]
    assert not [host for host in hosts if host not in markdown]
    headings = [f"- {word} `{client}` on all 12 instances, each in its own way" for client in CLIENTS]
    assert [markdown.count(heading) for heading in headings] == [1] * len(CLIENTS)
    first = markdown[markdown.index("- `pm-1`") :].split("\n")[:12]
    assert [line.strip().split("`")[1] for line in first] == FLEET, "in their natural order"
    cut = render_markdown(overview, 12_000)
    [missing] = re.findall(r"alone: (\d+) (?:new clients|changes) did not fit", cut)
    assert int(missing) + len(re.findall(r"^  - `pm-", cut, re.MULTILINE)) == 300
    assert len(cut.encode()) < 12_000


def test_a_client_whose_risk_is_on_one_instance_alone_has_it_there() -> None:
    others = [differing(name) for name in FLEET[:3]]
    declared = declare(present(spec("Client 1", redirect="http://evil.example.com/cb")))
    plan = replace(plan_of(declared, listing(live(1, "PmApi"))), instance="pm-4")
    last = Planned(Instance("pm-4", Location("reconciler.yaml", 1, 1), url=plan.identity), plan, ())
    markdown = render_markdown(Overview("plan", (*others, last)))
    [line] = [line for line in markdown.splitlines() if "evil.example.com" in line]
    assert line.startswith("- create `Client 1` on `pm-4`: ")
    assert "**risk:** plain http" in line


@given(texts)
def test_a_message_is_shown_as_it_is_and_only_its_code_is_code(text: str) -> None:
    context = context_of(Overview("plan"))
    inside = tokens(f"x {context.message(text)} x")
    shown_again = (
        f"`{each.content}`" if each.type == "code_inline" else each.content for each in inside if each.type in TEXT
    )
    assert "".join(shown_again) == f"x {printable(text)} x"


def test_keys_and_commands_in_a_message_are_code() -> None:
    said = context_of(Overview("plan")).message("add `ids: {staging: 20}` to the entry; a `name` with a ` stays")
    assert said == "add `ids: {staging: 20}` to the entry; a `name` with a &#96; stays"


def test_no_folder_of_the_machine_is_in_a_comment() -> None:
    """Neither in places nor in messages; a URL that has the same text stays whole."""
    entry = present(spec("Portal", redirect="https://a.example/home/ci/idp/cb"), line=3)
    plan = plan_of(declare(entry), listing(live(1, "PmApi")))
    age = ObservationAge(datetime(2026, 3, 1, tzinfo=UTC), timedelta(hours=1), "/home/ci/_temp/live.json")
    stopped = Stopped(
        replace(planned("b", 1).instance, name="b"),
        Unavailable("cannot read '/home/ci/idp/ca.pem'", "look into /home/ci/idp"),
    )
    results = (replace(planned("a", 1), plan=plan, as_of=age), stopped)
    moved = Location("/home/ci/idp/reconciler.yaml", 4, 1)
    overview = Overview(
        "plan",
        results,
        (warning("odd", "it is odd", moved),),
        folder="/home/ci/idp",
        top="/home/ci/idp",
        known=frozenset(),
    )
    markdown = render_markdown(overview)
    assert markdown.count("/home/ci") == markdown.count("https://a.example/home/ci/idp/cb") == 1
    assert "cannot read 'ca.pem'" in markdown
    assert "`reconciler.yaml:4`" in markdown
    assert "from live.json" in markdown


def test_files_are_links_to_the_commit_that_was_planned() -> None:
    """The heading names the commit that its author knows, and the merge of it in small."""
    head, merged = "a" * 40, "b" * 40
    links = f"https://code.example.com/idp/blob/{merged}/"
    overview = Overview(
        "plan", (planned("staging", 1),), commit=merged, head=head, blob_url=links, folder="/x", top="/x"
    )
    markdown = render_markdown(overview)
    assert f"## reconciler plan of commit `{head[:12]}`\n" in markdown
    assert f"<sub>merged as `{merged[:12]}`</sub>" in markdown
    assert f"[`clients/all.yaml:1`]({links}clients/all.yaml#L1)" in markdown


def test_a_file_with_a_strange_name_makes_no_other_link() -> None:
    entry = replace(
        present("Portal"), places=EntryLocations(lambda line: Location("clients/a](x) b.yaml", line, 1), 1, 2, 3)
    )
    plan = plan_of(declare(entry), listing(live(1, "PmApi")))
    overview = Overview(
        "plan", (replace(planned("a", 1), plan=plan),), blob_url="https://code.example.com/blob/", top="/x"
    )
    links = [str(each.attrs["href"]) for each in tokens(render_markdown(overview)) if each.type == "link_open"]
    assert links == ["https://code.example.com/blob/clients/a%5D%28x%29%20b.yaml#L1"]


def test_the_name_of_a_rule_leads_to_its_page_once_there_is_a_site() -> None:
    """What is no rule of ours has no page."""
    place = Location("a.yaml", 1, 2)
    found = (warning("duplicate-key", "twice", place), warning("redirect-fragment", "it is so", place))
    overview = Overview("validate", (), diagnostics=found)
    assert not any(each.type == "link_open" for each in tokens(render_markdown(overview)))
    comment = render_markdown(overview, project=Addresses(site="https://keeper.test"))
    [link] = [each.attrs["href"] for each in tokens(comment) if each.type == "link_open"]
    assert link == "https://keeper.test/latest/reference/rules.html#redirect-fragment"
    assert "it is so ([`redirect-fragment`](" in comment
    assert "twice (`duplicate-key`)" in comment


def test_instances_are_named_in_the_order_in_which_they_matter() -> None:
    """The highest wave first, and pm-2 before pm-10; a few that are left out are named instead of many that are not."""
    waves = {f"pm-{number}": number // 11 for number in range(1, 13)}
    context = CommentContext(Overview("plan"), (), Fleet(waves))
    assert context.where(["pm-10", "pm-2", "pm-12", "pm-1"]) == " on `pm-12`, `pm-1`, `pm-2` and `pm-10`"
    assert context.where([name for name in waves if name != "pm-3"]) == " on 11 of the 12 instances, not on `pm-3`"
    assert context.where(list(waves)) == " on all 12 instances"


@pytest.mark.parametrize("on_drift", [OnDrift.REFUSE, OnDrift.REVERT, OnDrift.KEEP])
def test_a_conflict_shows_what_the_base_git_and_the_instance_have(on_drift: OnDrift) -> None:
    base, git, live_url = (f"https://{side}.example.com/cb" for side in ("base", "git", "live"))
    plan = plan_of(
        declare(present(spec("Portal", redirect=git))),
        listing(live(6, spec("Portal", redirect=live_url))),
        base=declare(present(spec("Portal", redirect=base))),
        on_drift=on_drift,
    )
    comment = render_markdown(Overview("plan", (replace(planned("a", 1), plan=plan),)))
    said = f"the base has '{base}', git '{git}', the instance '{live_url}'"
    assert sum(said in line for line in visible_lines(comment)) == 1
