"""A run as a comment on a pull request: what decides, a line each, and the details, folded.

Nothing that decides is shortened or folded: what does not fit is counted at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC
from functools import partial
from itertools import groupby
from operator import itemgetter

from reconciler.planning.plan.modes import OnDrift
from reconciler.planning.plan.plan import Plan, Waived
from reconciler.project import PROJECT, Addresses
from reconciler.render.markdown.context import CommentContext, context_of
from reconciler.render.markdown.details import details
from reconciler.render.markdown.escape import code
from reconciler.render.markdown.families import families, heading, member_line
from reconciler.render.markdown.fit import Block, fitted
from reconciler.render.markdown.lines import change_line, delivery_line
from reconciler.render.terminal.color import plain
from reconciler.render.terminal.elapsed_time import as_of_text
from reconciler.render.terminal.fleet import fleet_line, shortened, total, verdict_text, worst_first
from reconciler.render.view.change_groups import ChangeGroup, change_groups, shared_deliveries
from reconciler.render.view.counts import pending_text, plural
from reconciler.render.view.findings import Level, ReviewFinding, heading_of, kind_of
from reconciler.render.view.kinds import ReviewKind
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped, plan_of

COMMENT = 65_536
"""Bytes. GitHub limits a comment to this many characters, and a text never has fewer bytes than characters."""
STEP_SUMMARY = 1024 * 1024
"""Bytes. The limit of GitHub Actions for the summary of a step, all its commands together."""
DETAILS = 18_000
"""Bytes. Beyond this, a comment has no folded details of a plan: nobody reads them there."""

_ON_LINES = (ReviewKind.DELETE, ReviewKind.DELIVER, ReviewKind.RISK, ReviewKind.CHANGE)
"""Findings that the lines of the changes show, with more than their text."""

_HANDLED = {OnDrift.REFUSE: "refused", OnDrift.KEEP: "kept", OnDrift.REVERT: "reverted"}

_NOUNS = {
    ReviewKind.DELETE: "deletion",
    ReviewKind.DELIVER: "new recipient",
    ReviewKind.RISK: "change with a risk",
    ReviewKind.CHANGE: "change",
    ReviewKind.CREATE: "new client",
    ReviewKind.FILES: "warning",
}


def render_markdown(
    overview: Overview,
    most_bytes: int = COMMENT,
    project: Addresses = PROJECT,
    found: Sequence[ReviewFinding] | None = None,
) -> str:
    """Render the comment, ending in a line feed, with fewer than `most_bytes` bytes of UTF-8.

    Blocks that do not fit are left out and counted. `found` are the findings, if another report has looked for them.
    """
    context = context_of(overview, project, found)
    groups = change_groups([result.plan for result in overview.results if isinstance(result, Planned)])
    most = DETAILS if overview.command == "plan" else most_bytes
    blocks = [
        *_table(context, most_bytes // 2),
        *_basis(context),
        *_what_decides(groups, context),
        *_known(context),
        *details(overview.results, groups, context, most),
        *_warnings_without_a_base(context),
    ]
    return fitted(_heading(groups, context), blocks, most_bytes)


def _heading(groups: Sequence[ChangeGroup], context: CommentContext) -> str:
    overview = context.overview
    commit = overview.head or overview.commit
    of = f" of commit {code(commit[:12])}" if commit else ""
    lines = [f"<!-- reconciler {overview.command} -->", f"## reconciler {overview.command}{of}", ""]
    return "\n".join([*lines, " · ".join(_facts(groups, context)), ""])


def _facts(groups: Sequence[ChangeGroup], context: CommentContext) -> Iterator[str]:
    overview = context.overview
    results = overview.results
    if len(results) == 1:
        yield f"**{code(results[0].instance.name)}: {_words(results[0], context)}**"
        yield code(results[0].instance.identity)
    elif results:
        pending = pending_text([result.plan for result in results if isinstance(result, Planned)])
        yield f"**{total([fleet_line(result) for result in results])}{f' · {pending}' if pending else ''}**"
    elif overview.error is not None:
        yield "**the run could not go on**"
    else:
        errors = sum(each.level is Level.ERROR for each in context.found)
        warnings = len(overview.diagnostics) - errors
        yield f"**{'invalid' if errors else 'valid'}: {plural(errors, 'error')}, {plural(warnings, 'warning')}**"
    if risky := sum(bool(group.change.risks) for group in groups):
        yield f"**{plural(risky, 'change')} with a risk**"
    if overview.made_at is not None:
        yield overview.made_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if overview.head is not None and overview.commit not in (None, overview.head):
        yield f"<sub>merged as {code((overview.commit or '')[:12])}</sub>"


def _words(result: ApplyResult, context: CommentContext) -> str:
    line = fleet_line(result)
    word = verdict_text(line.verdict)
    return word if isinstance(result, Stopped) else f"{word} · {context.message(line.remark)}"


def _table(context: CommentContext, most: int) -> Iterator[Block]:
    """Yield a row for all instances with the same result, up to `most` bytes, which leaves room for what decides."""
    if not context.is_fleet:
        return
    rows: dict[tuple[str, str], list[str]] = {}
    for line in map(fleet_line, worst_first(context.overview.results)):
        # Why an instance has no plan is shown below, in full.
        remark = context.message(line.remark if line.counts else shortened(context.overview.from_anywhere(line.remark)))
        rows.setdefault((verdict_text(line.verdict), remark), []).append(line.instance)
    yield Block("\n| instance | result | |\n|---|---|---|\n")
    for (word, remark), names in rows.items():
        who = context.where(names).removeprefix(" on ").replace(", not on ", ", not ", 1)
        yield Block(f"| {who} | {word} | {remark} |\n", "row of the table", most)


def _basis(context: CommentContext) -> Iterator[Block]:
    """Yield what the plans were made from: the base, and the age of an observation."""
    found: dict[str, list[str]] = {}
    for result in context.overview.results:
        planned = result.planned if isinstance(result, Finished) else result
        if isinstance(planned, Planned) and (text := " · ".join(_based_on(planned, context))):
            found.setdefault(text, []).append(planned.instance.name)
    for text, names in found.items():
        where = "" if len(names) == len(context.fleet.waves) else context.where(names)
        yield Block("\n")
        yield Block(f"{text}{where}\n", "line")


def _based_on(planned: Planned, context: CommentContext) -> Iterator[str]:
    plan = planned.plan
    if planned.as_of is not None:
        yield context.message(as_of_text(planned.as_of, plain, short=True))
    if plan.base and plan.on_drift:
        yield f"base {code(plan.base[:12])} · manual changes since then are {_HANDLED[plan.on_drift]}"


_Line = tuple[ReviewKind, str, Callable[[], str]]
"""A line that is rendered if there is room for it, and the line above it that it shares with others; empty for none."""


def _what_decides(groups: Sequence[ChangeGroup], context: CommentContext) -> Iterator[Block]:
    lines = [*_change_lines(groups, context), *_other_lines(context)]
    # Sorting keeps the order of what is of one kind.
    for kind, alike in groupby(sorted(lines, key=itemgetter(0)), key=itemgetter(0)):
        yield Block(f"\n### {heading_of(kind, context.overview)}\n\n")
        noun = _NOUNS.get(kind, "finding")
        yield from (Block(partial(_bullet, above, text), noun, decides=True, above=above) for _, above, text in alike)


def _bullet(above: str, text: Callable[[], str]) -> str:
    return f"{'  ' if above else ''}- {text()}\n"


def _change_lines(groups: Sequence[ChangeGroup], context: CommentContext) -> Iterator[_Line]:
    for family in families(groups, context):
        kind, above = kind_of(family.groups[0].change), "" if family.is_one else heading(family, context)
        for group in family.groups:
            yield (
                kind,
                above,
                partial(member_line, group, family, context) if above else partial(change_line, group, context),
            )
    plans = [result.plan for result in context.overview.results if isinstance(result, Planned)]
    yield from ((ReviewKind.DELIVER, "", partial(delivery_line, each, context)) for each in shared_deliveries(plans))


def _other_lines(context: CommentContext) -> Iterator[_Line]:
    for finding in context.found:
        if finding.kind not in _ON_LINES and not _is_known(finding, context):
            yield finding.kind, "", partial(_line, finding, context)
    for waived, names in _new_waivers(_plans(context.overview.results)).items():
        yield ReviewKind.WAIVED, "", partial(_waiver, waived, names, context)


def _waiver(waived: Waived, names: Sequence[str], context: CommentContext) -> str:
    text = "; ".join(context.message(note.text) for note in waived.notes)
    return f"{code(waived.name)}{context.where(names)}: {text} · {context.place(waived.source)}"


def _is_known(finding: ReviewFinding, context: CommentContext) -> bool:
    """Whether the base has a warning or a note as well, or nobody knows: then warnings are folded."""
    if finding.kind is ReviewKind.FILES and context.overview.known is None and context.overview.results:
        return True
    return finding.kind in (ReviewKind.FILES, ReviewKind.ODD) and not finding.caused


def _line(finding: ReviewFinding, context: CommentContext) -> str:
    who = f"{finding.action} " if finding.action else ""
    head = f"{who}{code(finding.client)}" if finding.client is not None else ""
    head = f"{head}{context.where(finding.instances)}".strip()
    parts = [context.message(finding.text) + (f" ({context.rule(finding.rule)})" if finding.rule is not None else "")]
    parts += [f"*fix:* {context.message(finding.hint)}"] if finding.hint else []
    parts += [context.place(finding.location)] if finding.location else []
    text = " · ".join(parts)
    return f"{head}: {text}" if head else text


def _plans(results: Iterable[ApplyResult]) -> list[Plan]:
    return [plan for plan in map(plan_of, results) if plan is not None]


def _new_waivers(plans: Iterable[Plan]) -> dict[Waived, list[str]]:
    """Return what entries in sync waive, and did not waive at the base, with the instances."""
    found: dict[Waived, list[str]] = {}
    for plan in plans:
        if plan.base is not None:
            for waived in plan.waived:
                if waived not in plan.known:
                    found.setdefault(waived, []).append(plan.instance)
    return found


def _known(context: CommentContext) -> Iterator[Block]:
    """Yield one line about what the base has as well: it was told when it was new."""
    warnings = sum(each.kind is ReviewKind.FILES and not each.caused for each in context.found)
    notes = len({note for plan in _plans(context.overview.results) for note in plan.notes if note in plan.known})
    numbers = [(warnings, "warning"), (notes, "note")]
    counted = " and ".join(plural(number, noun) for number, noun in numbers if number)
    if counted:
        how = f"; {code('reconciler validate')} lists the warnings" if warnings else ""
        yield Block("\n")
        yield Block(f"The base has {counted} as well{how}.\n", "line")


def _warnings_without_a_base(context: CommentContext) -> Iterator[Block]:
    """Yield all warnings, folded, where nothing says which of them are new."""
    overview = context.overview
    if overview.known is not None or not overview.results:
        return
    found = [finding for finding in context.found if finding.kind is ReviewKind.FILES]
    if found:
        bullets = "".join(f"- {_line(finding, context)}\n" for finding in found)
        title = f"{plural(len(found), 'warning')} about the files"
        yield Block(f"\n<details><summary>{title}</summary>\n\n{bullets}\n</details>\n", "list of warnings")
