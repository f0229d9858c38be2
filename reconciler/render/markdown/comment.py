"""A run as a comment on a pull request: what a reviewer must know first, then the details, collapsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from itertools import groupby
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Skipped
from reconciler.model.errors import NotVerified
from reconciler.planning.drift.origins import origin_text
from reconciler.planning.plan.plan import Change, Create, Delete, Kept, Plan, Replaced, Update
from reconciler.render.markdown.escape import code, fenced, html_code, prose
from reconciler.render.terminal.color import plain
from reconciler.render.terminal.deliveries import delivery_lines, missing_lines
from reconciler.render.terminal.elapsed_time import as_of_text
from reconciler.render.terminal.fleet import FleetLine, fleet_line, shortened, total, verdict_text, worst_first
from reconciler.render.terminal.plan import place_of, unchanged_clients
from reconciler.render.terminal.report import MARKS, PAST
from reconciler.render.view.counts import action, plural
from reconciler.render.view.deliveries import DeliveryGroup, delivery_groups, recipient_text
from reconciler.render.view.difference import diff_of
from reconciler.render.view.findings import HEADINGS, Level, ReviewFinding, ReviewKind, findings, new_clients
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable

COMMENT = 65_536
"""Bytes. GitHub limits a comment to this many characters, and a text never has fewer bytes than characters."""
STEP_SUMMARY = 1024 * 1024
"""Bytes. The limit of GitHub Actions for the summary of a step, all its commands together."""
_RESERVE = 600
"""Bytes reserved for the notice of what was left out."""

_MOST_NAMED = 5
"""Maximum number of instances named in a line."""


@frozen
class _Block:
    """A piece that is shown whole or not at all."""

    text: str
    what: str = ""
    """What the notice counts if it is left out, in the singular; empty for a heading, which needs a block below it."""
    most: int | None = None
    """Maximum bytes of it and all blocks before it; None for the limit of the whole comment."""


def render_markdown(overview: Overview, most_bytes: int = COMMENT) -> str:
    """Render the comment, ending in a line feed, with fewer than `most_bytes` bytes of UTF-8.

    Blocks that do not fit are left out and counted; a notice says where to find them.
    """
    found = sorted([*findings(overview), *new_clients(overview)], key=lambda finding: finding.kind)
    blocks = [
        _Block(_heading(overview), "heading"),
        *_table([fleet_line(result) for result in worst_first(overview.results)], most_bytes // 2),
        *_read_first([each for each in found if not _is_aside(each, overview)], several=len(overview.results) > 1),
        *_details(overview.results),
        *_aside([each for each in found if _is_aside(each, overview)]),
    ]
    return _fitted(blocks, most_bytes)


def _fitted(blocks: Sequence[_Block], most_bytes: int) -> str:
    room, heading, shown, missing = most_bytes - _RESERVE, "", [""], dict[str, int]()
    taken = 0
    for block in blocks:
        if not block.what:
            heading = block.text
            continue
        size = len(heading.encode()) + len(block.text.encode())
        if taken + size <= (room if block.most is None else block.most):
            taken += size
            shown += [heading, block.text]
            heading = ""
        else:
            missing[block.what] = missing.get(block.what, 0) + 1
    return "".join(shown) + (_notice(missing) if missing else "")


def _notice(missing: dict[str, int]) -> str:
    what = enumeration(plural(number, noun) for noun, number in missing.items())
    where = "they are in the log of the job, and in every other report of it"
    return f"\n> [!NOTE]\n> **Not all of it fits here.** Left out: {what}; {where}.\n"


def _heading(overview: Overview) -> str:
    commit = f" of commit {code(overview.commit[:12])}" if overview.commit else ""
    lines = [f"<!-- reconciler {overview.command} -->", f"## reconciler {overview.command}{commit}", ""]
    return "\n".join([*lines, " · ".join(_facts(overview)), ""])


def _facts(overview: Overview) -> Iterator[str]:
    lines = [fleet_line(result) for result in overview.results]
    if len(lines) == 1:
        yield f"**{code(lines[0].instance)}: {_words(overview.results[0])}**"
    elif lines:
        yield f"**{total(lines)}**"
    elif overview.error is not None:
        yield "**the run could not go on**"
    else:
        errors = sum(each.level is Level.ERROR for each in findings(overview))
        warnings = len(overview.diagnostics) - errors
        yield f"**{'invalid' if errors else 'valid'}: {plural(errors, 'error')}, {plural(warnings, 'warning')}**"
    if overview.made_at is not None:
        yield overview.made_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _words(result: ApplyResult) -> str:
    line = fleet_line(result)
    word = verdict_text(line.verdict)
    return word if isinstance(result, Stopped) else f"{word} · {prose(line.remark)}"


def _table(lines: Sequence[FleetLine], most: int) -> Iterator[_Block]:
    """Yield one row per instance, up to `most` bytes, which leaves room for the findings."""
    if len(lines) < 2:
        return
    yield _Block("\n| instance | result | |\n|---|---|---|\n")
    for line in lines:
        # Why an instance has no plan is shown below, in full.
        remark = prose(line.remark if line.counts else shortened(line.remark))
        yield _Block(
            f"| {code(line.instance)} | {verdict_text(line.verdict)} | {remark} |\n", "instance of the table", most
        )


def _read_first(found: Sequence[ReviewFinding], *, several: bool) -> Iterator[_Block]:
    wanted = [finding for finding in found if finding.kind in HEADINGS]
    for kind, alike in groupby(wanted, key=lambda finding: finding.kind):
        yield _Block(f"\n### {HEADINGS[kind]}\n\n")
        yield from (_Block(f"{_bullet(finding, several=several)}\n", "point of the lists") for finding in alike)


def _is_aside(finding: ReviewFinding, overview: Overview) -> bool:
    """Whether a finding goes below the changes: most warnings are about what the branch did not touch."""
    return finding.kind is ReviewKind.FILES and bool(overview.results)


def _aside(found: Sequence[ReviewFinding]) -> Iterator[_Block]:
    if found:
        bullets = "".join(f"{_bullet(finding, several=False)}\n" for finding in found)
        title = f"{plural(len(found), 'warning')} about the files"
        yield _Block(f"\n<details><summary>{title}</summary>\n\n{bullets}\n</details>\n", "list of warnings")


def _bullet(finding: ReviewFinding, *, several: bool) -> str:
    who = f"{finding.action} " if finding.action and finding.kind is not ReviewKind.DELETE else ""
    parts = [f"{who}{code(finding.client)}" if finding.client is not None else ""]
    parts += [f"on {_instances(finding.instances)}"] if several and finding.instances else []
    head = " ".join(filter(None, parts))
    text = prose(finding.text)
    text += f" {code(finding.rule)}" if finding.rule is not None else ""
    text += f" — *way out:* {prose(finding.hint)}" if finding.hint else ""
    text += f" ({code(place_of(finding.location))})" if finding.location else ""
    return f"- {head}: {text}" if head else f"- {text}"


def _instances(names: Sequence[str]) -> str:
    shown = [code(name) for name in names[:_MOST_NAMED]]
    return enumeration([*shown, f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else shown)


def _details(results: Sequence[ApplyResult]) -> Iterator[_Block]:
    for result in results:
        match result:
            case Planned(plan=plan):
                changes = [*map(_change, plan.changes), *map(_new_recipients, delivery_groups(plan))]
            case Finished(planned=planned, report=report, already_live=done):
                plan = planned.plan
                changes = [*(_done(change) for change in done), *map(_outcome, report.outcomes)]
            case Stopped():
                continue
            case _:
                assert_never(result)
        blocks = [*changes, *map(_kept, plan.kept), *_secrets(result), *_waived(plan), *_left_alone(plan)]
        if blocks:
            yield _Block(f"\n### {code(plan.instance)}: {code(plan.identity)}\n\n{_basis(result, plan)}")
            yield from blocks


def _basis(result: ApplyResult, plan: Plan) -> str:
    planned = result.planned if isinstance(result, Finished) else result
    as_of = planned.as_of if isinstance(planned, Planned) else None
    parts = [prose(as_of_text(as_of, plain))] if as_of is not None else []
    parts += [f"base {code(plan.base[:12])}, drift: {plan.on_drift}"] if plan.base and plan.on_drift else []
    return f"{' · '.join(parts)}\n\n" if parts else ""


def _change(change: Change) -> _Block:
    word = action(change)
    return _folded(f"{MARKS[word]} {word} {_title(change)}", _explained(change), _reason(change))


def _done(change: Change) -> _Block:
    return _folded(f"= was done before: {action(change)} {_title(change)}", diff_of(change), "")


def _outcome(outcome: Outcome) -> _Block:
    change = outcome.change
    word = action(change)
    match outcome:
        case Applied(id=client_id, adopted=adopted):
            ids = f"{_old_id(change)} → {client_id}" if _old_id(change) is not None else str(client_id)
            said = f"{MARKS[word]} {PAST[word]} {html_code(change.name)} (id {ids})"
            said += ", found by listing: the answer was lost" if adopted else ""
        case Failed(error=error):
            said = f"{'? uncertain' if isinstance(error, NotVerified) else 'x failed'}: {word} {_title(change)}"
        case Skipped():
            said = f". not tried: {word} {_title(change)}"
        case _:
            assert_never(outcome)
    return _folded(said, diff_of(change), _reason(change))


def _explained(change: Change) -> list[str]:
    origin = origin_text(change)
    return [*diff_of(change), *([f"# {printable(origin)}"] if origin else [])]


def _reason(change: Change) -> str:
    parts = [prose(change.reason.text)]
    parts += [code(place_of(change.source))] if change.source else []
    parts += [f"owner {code(change.owner)}"] if change.owner else []
    made = change.recipients if isinstance(change, Create) else ()
    parts += [f"secret to {code(recipient_text(each))}" for each in made]
    return " · ".join(parts)


def _new_recipients(group: DeliveryGroup) -> _Block:
    client_id = f" (id {group.first.id})" if group.is_single else ""
    more = [f"  and {group.unnamed} more"] if group.unnamed else []
    lines = [
        *(f"  {printable(name)}" for name in group.names),
        *more,
        *(f"- {printable(each)}" for each in group.before),
        *(f"+ {printable(each)}" for each in group.recipients),
    ]
    below = " · ".join([prose(group.reason.text), code(place_of(group.source))])
    return _folded(f"&gt; deliver {html_code(group.title)}{client_id}", lines, below)


def _waived(plan: Plan) -> Iterator[_Block]:
    lines = [
        f"{printable(each.name)}: {'; '.join(printable(note.text) for note in each.notes)}" for each in plan.waived
    ]
    if lines:
        yield _folded("rules that entries in sync waive", lines, "", "list of waivers")


def _title(change: Change) -> str:
    match change:
        case Create(replaces=Replaced(id=old)):
            return f"{html_code(change.name)} (id {old})"
        case Create():
            return html_code(change.name)
        case Update() if change.is_rename:
            return f"{html_code(change.before.name)} → {html_code(change.name)} (id {change.id})"
        case Update() | Delete():
            return f"{html_code(change.name)} (id {change.id})"
        case _:
            assert_never(change)


def _old_id(change: Change) -> int | None:
    return change.replaces.id if isinstance(change, Create) and change.replaces is not None else None


def _secrets(result: Planned | Finished) -> Iterator[_Block]:
    """Yield the deliveries of ids and secrets: those planned to earlier recipients, or those done."""
    if isinstance(result, Finished):
        lines = list(delivery_lines(result.report.deliveries, result.instance.name))
    else:
        lines = list(missing_lines(result.missing_secrets))
    if lines:
        title = "deliveries of ids and secrets" if isinstance(result, Finished) else "secrets to deliver again"
        yield _folded(title, lines, "", "list of deliveries")


def _kept(kept: Kept) -> _Block:
    live = [f"{each.field}: {printable(each.live or 'nothing')} is live" for each in kept.fields]
    declared = [f"{each.field}: {printable(each.declared or 'nothing')} is declared" for each in kept.fields]
    lines = [*(f"  {line}" for line in live), *(f"# {line}" for line in declared)]
    return _folded(f"= keep {html_code(kept.name)}", lines, "")


def _left_alone(plan: Plan) -> Iterator[_Block]:
    lines = list(unchanged_clients(plan))[1:]
    if lines:
        yield _folded("left alone", [line.removeprefix("    ") for line in lines], "", "list of what is left alone")


def _folded(summary: str, lines: Iterable[str], below: str, what: str = "change") -> _Block:
    # The blank lines end the HTML, so that what follows is Markdown again.
    text = f"<details><summary>{summary}</summary>\n\n{fenced(lines, 'diff')}"
    return _Block(f"{text}\n{below}\n\n</details>\n\n" if below else f"{text}\n</details>\n\n", what)
