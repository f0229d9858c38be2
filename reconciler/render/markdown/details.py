"""The folded part of a comment: the fields of updates, what came of an apply, and what a plan does not change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Skipped
from reconciler.model.errors import NotVerified
from reconciler.planning.drift.origins import origin_text
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Replaced, Update, Waived
from reconciler.render.markdown.context import CommentContext
from reconciler.render.markdown.escape import code, fenced, html_code
from reconciler.render.markdown.fit import Block
from reconciler.render.terminal.deliveries import delivery_lines, missing_lines
from reconciler.render.terminal.report import MARKS, PAST
from reconciler.render.terminal.unchanged import unchanged_clients
from reconciler.render.view.change_groups import ChangeGroup
from reconciler.render.view.counts import action, plural
from reconciler.render.view.deliveries import recipient_text
from reconciler.render.view.difference import diff_of
from reconciler.results import ApplyResult, Finished, Planned, Stopped
from reconciler.support.text import printable


def details(
    results: Sequence[ApplyResult], groups: Sequence[ChangeGroup], context: CommentContext, most: int
) -> Iterator[Block]:
    """Yield the folded blocks, which end where the comment has `most` bytes."""
    rest = {
        result.instance.name: (result.instance, list(_of_instance(result, context, most)))
        for result in results
        if not isinstance(result, Stopped)
    }
    shown = [group for group in groups if _has_details(group.change)]
    blocks = [Block(partial(_of_group, group, context), "detail", most) for group in shown]
    if not context.is_fleet:
        blocks += [block for _, each in rest.values() for block in each]
    if blocks:
        yield Block("\n### Details\n\n")
        yield from blocks
    for instance, more in rest.values() if context.is_fleet else ():
        if more:
            yield Block(f"\n### {code(instance.name)}: {code(instance.identity)}\n\n")
            yield from more


def _has_details(change: Change) -> bool:
    """Whether a change has more than its line says: a new or deleted client has not."""
    return isinstance(change, Update) or (isinstance(change, Create) and change.replaces is not None)


def _of_group(group: ChangeGroup, context: CommentContext) -> str:
    """Return the fields of a change, also those that stay."""
    change = group.change
    word, number = action(change), len(group.instances)
    where = f" on {plural(number, 'instance')}" if number > 1 else f" on {html_code(group.instances[0])}"
    name = _title(change) if number == 1 else html_code(change.name)
    title = f"{MARKS[word]} {word} {name}{where if context.is_fleet else ''}"
    if number == 1 or not isinstance(change, Update):
        return folded(title, _explained(change), _reason(change, context)).render()
    # The reason names the client of one instance; each has its own.
    clients = ", ".join(f"{code(name)} (id {each})" for name, each in zip(group.instances, group.ids, strict=True))
    return folded(title, _explained(change), clients).render()


def _of_instance(result: Planned | Finished, context: CommentContext, most: int) -> Iterator[Block]:
    if isinstance(result, Finished):
        plan = result.planned.plan
        yield from (_done(change) for change in result.already_live)
        yield from (_outcome(outcome, context) for outcome in result.report.outcomes)
    else:
        plan = result.plan
    yield from _secrets(result)
    yield from _waived([each for each in plan.waived if plan.base is None or each in plan.known])
    yield from _left_alone(plan, most)


def _explained(change: Change) -> list[str]:
    origin = origin_text(change)
    return [*diff_of(change), *([f"# {printable(origin)}"] if origin else [])]


def _reason(change: Change, context: CommentContext) -> str:
    parts = [context.message(change.reason.text)]
    parts += [context.place(change.source)] if change.source else []
    parts += [f"owner {code(change.owner)}"] if change.owner else []
    made = change.recipients if isinstance(change, Create) else ()
    return " · ".join([*parts, *(f"secret to {code(recipient_text(each))}" for each in made)])


def _done(change: Change) -> Block:
    return folded(f"= was done before: {action(change)} {_title(change)}", diff_of(change))


def _outcome(outcome: Outcome, context: CommentContext) -> Block:
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
    return folded(said, diff_of(change), _reason(change, context))


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


def _secrets(result: Planned | Finished) -> Iterator[Block]:
    """Yield the deliveries of ids and secrets: those planned to earlier recipients, or those done."""
    if isinstance(result, Finished):
        lines = list(delivery_lines(result.report.deliveries, result.instance.name))
    else:
        lines = list(missing_lines(result.missing_secrets))
    if lines:
        title = "deliveries of ids and secrets" if isinstance(result, Finished) else "secrets to deliver again"
        yield folded(title, lines, what="list of deliveries")


def _waived(waived: Sequence[Waived]) -> Iterator[Block]:
    lines = [f"{printable(each.name)}: {'; '.join(printable(note.text) for note in each.notes)}" for each in waived]
    if lines:
        yield folded("rules that entries in sync waive", lines, what="list of waivers")


def _left_alone(plan: Plan, most: int) -> Iterator[Block]:
    lines = list(unchanged_clients(plan, says_how_to_delete=False))[1:]
    if lines and not _is_ordinary(plan):
        shown = [line.removeprefix("    ") for line in lines]
        yield folded("not managed by this plan", shown, what="list of clients that are not managed", most=most)


def _is_ordinary(plan: Plan) -> bool:
    """Whether all clients that are not managed are the platform's own."""
    return not (plan.ignored or plan.unsupported) and all(each.system and not each.note for each in plan.unmanaged)


def folded(summary: str, lines: Iterable[str], below: str = "", what: str = "detail", most: int | None = None) -> Block:
    """Return a block that is closed at first. The summary is HTML, the lines are printable, `below` is Markdown."""
    # The blank lines end the HTML, so that what follows is Markdown again.
    text = f"<details><summary>{summary}</summary>\n\n{fenced(lines, 'diff')}"
    return Block(f"{text}\n{below}\n\n</details>\n\n" if below else f"{text}\n</details>\n\n", what, most)
