"""A run as one HTML file that works without scripts or network, in print, by keyboard and with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reconciler.model.diagnostics import Diagnostic
from reconciler.project import PROJECT, Addresses
from reconciler.render.html.attention import attention_box
from reconciler.render.html.components import box, fix_line, text_line
from reconciler.render.html.elements import Child, Html, Part, client_name, code, join, long_tag, sentence, tag
from reconciler.render.html.fleet import fleet_overview
from reconciler.render.html.page import page
from reconciler.render.html.plan import instance_body, verdict_badge
from reconciler.render.terminal.fleet import fleet_line, worst_first
from reconciler.render.view.counts import ACTIONS, plural
from reconciler.render.view.rules import rule_page
from reconciler.render.view.verdict import Verdict
from reconciler.results import ApplyResult, Overview, plan_of

_MOST_OPEN = 10
"""With up to this many instances, the sections with something to show are open from the start."""

_MANY = 300
"""With more changes than this, those out of sight are not laid out: a page of thousands of them opens at once."""

_TITLES = {"plan": "Plan", "apply": "Apply", "validate": "Validation"}
_QUIET = (Verdict.IN_SYNC, Verdict.NOT_TRIED)


def render_html(overview: Overview, project: Addresses = PROJECT) -> str:
    """Render the page, ending in a line feed."""
    return "".join(html_pieces(overview, project))


def html_pieces(overview: Overview, project: Addresses = PROJECT) -> Iterator[str]:
    """Render the page in pieces: with thousands of changes, it is several times as large as the plan."""
    results = worst_first(overview.results)
    anchors = [f"i{number}" for number in range(1, len(results) + 1)]
    sections = [_section(result, anchor, len(results)) for result, anchor in zip(results, anchors, strict=True)]
    places = {result.instance.name: anchor for result, anchor in zip(results, anchors, strict=True)}
    main: list[Part] = [
        _ended(overview),
        fleet_overview(results, anchors) if len(results) > 1 else None,
        attention_box(overview, places) if len(results) > 1 else None,
        *([_nothing_wrong(overview)] if not results else []),
        *sections,
        _diagnostics(overview, project),
    ]
    commit = overview.head or overview.commit
    many = sum(len(plan.changes) for plan in map(plan_of, results) if plan is not None) > _MANY
    heading = header(_heading(overview), overview.made_at, commit)
    return page(_title(overview, commit), heading, main, _tools(results), many=many)


def header(heading: Html, made_at: datetime | None, commit: str | None) -> Html:
    """Render the title of the page, when it was made, and from which commit."""
    facts: list[Child] = []
    if made_at is not None:
        at = made_at.astimezone(UTC)
        facts += ["made ", tag("time", f"{at:%Y-%m-%d %H:%M} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")]
    if commit is not None:
        facts += [" from commit " if facts else "commit ", code(commit[:12])]
    return tag("header", tag("h1", heading), tag("p", *facts, class_="faint") if facts else None)


def _title(overview: Overview, commit: str | None) -> str:
    at = f" at {commit[:12]}" if commit else ""
    return f"{_TITLES.get(overview.command, overview.command)}{_of(overview)}{at}"


def _of(overview: Overview) -> str:
    match overview.results:
        case []:
            return ""
        case [only]:
            return f" of {only.instance.name}"
        case several:
            return f" of {plural(len(several), 'instance')}"


def _heading(overview: Overview) -> Html:
    word = _TITLES.get(overview.command, overview.command)
    if len(overview.results) == 1:
        return join([f"{word} of ", client_name(overview.results[0].instance.name)])
    return join([f"{word}{_of(overview)}"])


def _section(result: ApplyResult, anchor: str, of: int) -> Iterator[Html]:
    """Render one instance. Among several it can be collapsed; the anchor is inside, so that a link opens it."""
    identity = tag("p", code(result.instance.identity), class_="identity")
    body = long_tag("div", identity, instance_body(result, anchor), id=anchor, class_="body", tabindex=-1)
    if of == 1:
        heading = tag("h2", client_name(result.instance.name), " ", verdict_badge(result), id="only")
        return long_tag("section", heading, body, class_="instance", aria_labelledby="only")
    line = fleet_line(result)
    heading = tag("h2", client_name(result.instance.name), " ", verdict_badge(result))
    summary = tag("summary", heading, tag("span", sentence(line.remark), class_="faint"))
    return long_tag("details", summary, body, class_="instance", open=of <= _MOST_OPEN and line.verdict not in _QUIET)


def _ended(overview: Overview) -> Html | None:
    """Render the error that ended the run, if there was one."""
    if overview.error is None:
        return None
    why = join([text_line(overview.error.message, "bad"), fix_line(overview.error.hint)])
    return box("The run could not go on", [why], level="h2")


def _nothing_wrong(overview: Overview) -> Html | None:
    nothing = overview.command == "validate" and not overview.diagnostics and overview.error is None
    return text_line("nothing is wrong with the files", "good") if nothing else None


def _diagnostics(overview: Overview, project: Addresses) -> Html | None:
    """Render the problems in the files: below plans folded, since most of them are older than what is reviewed."""
    found = overview.diagnostics
    if not found:
        return None
    problems = tag("ul", *(tag("li", *_diagnostic(each, project)) for each in found), class_="problems")
    heading = tag("h2", "Problems in the files", id="problems")
    if not overview.results:
        return tag("section", heading, problems, aria_labelledby="problems")
    known = f", {len(overview.known)} of which the base has too" if overview.known else ""
    summary = tag("summary", heading, tag("span", f" {plural(len(found), 'problem')}{known}", class_="faint"))
    return tag("details", summary, problems, class_="aside")


def _diagnostic(found: Diagnostic, project: Addresses) -> Iterator[Child]:
    yield tag("span", found.severity, class_=f"verdict {found.severity}")
    yield join([" ", sentence(found.message), " "])
    yield tag("p", code(str(found.location)), " · ", _rule(found.rule, project), class_="faint")
    yield fix_line(found.hint)


def _rule(name: str, project: Addresses) -> Html:
    page = rule_page(project, name)
    return tag("a", code(name), href=page) if page else code(name)


def _tools(results: Sequence[ApplyResult]) -> Html | None:
    """Render search and filters. They are hidden until the script shows them: without it they do not work."""
    if not results:
        return None
    search = tag("label", "Search ", tag("input", type="search", id="search", autocomplete="off"))
    boxes = [_checkbox(word, word) for word in (*ACTIONS, "blocked")]
    choices = tag("fieldset", tag("legend", "Show"), *boxes, _checkbox("drift", "drift alone", checked=False))
    fold = [tag("button", "Open all", type="button", id="open"), tag("button", "Close all", type="button", id="close")]
    matches = tag("p", role="status", id="matches")
    parts = (search, choices, *(fold if len(results) > 1 else ()), matches)
    return tag("div", *parts, class_="tools", id="tools", role="search", aria_label="Changes", hidden=True)


def _checkbox(value: str, label: str, *, checked: bool = True) -> Html:
    return tag("label", tag("input", type="checkbox", value=value, checked=checked), f" {label}")
