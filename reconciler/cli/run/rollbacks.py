"""What undoes a run on one instance or several: as declarations, and as plans to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reconciler.cli.output.console import Console
from reconciler.model.errors import Refused
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable, quoted, quoted_url
from reconciler.workflow.options import Options

if TYPE_CHECKING:
    from reconciler.applying.past_runs import PastRun
    from reconciler.model.clients import Listing
    from reconciler.model.settings import Instance, Settings
    from reconciler.planning.plan.plan import Plan
    from reconciler.planning.rollback import Undo
    from reconciler.workflow.exact.apply_saved import ExactPlan

_MOST_NAMED = 5
"""Maximum number of clients named in a warning."""


@frozen
class UndoneRun:
    """A run on one instance, and what undoes it."""

    past: PastRun
    undo: Undo


def undone_run(past: PastRun) -> UndoneRun:
    """A run with what undoes it."""
    from reconciler.applying.past_runs import applied
    from reconciler.model.clients import Location
    from reconciler.planning.rollback import invert

    return UndoneRun(past, invert(past.heading.run, applied(past), Location(str(past.path), 1, 1)))


def declarations(undone: Sequence[UndoneRun]) -> str:
    """The declarations that undo a run on these instances, as one file."""
    from reconciler.exporting.yaml_text import render_changes_of_several

    first = undone[0].past
    names = enumeration(printable(each.past.instance) for each in undone)
    heading = f"# undoes run {printable(first.heading.run)} on {names}"
    parts = [(each.undo.changes, each.undo.losses, each.past.instance) for each in undone]
    if not any(each.undo.changes for each in undone):
        what = "nothing leads back" if any(each.undo.losses for each in undone) else "it changed nothing that is known"
        return f"{heading}: {what}\n{render_changes_of_several(parts)}"
    lines = [
        f"{heading}; the values are those that {names if len(undone) == 1 else 'each of them'} had",
        *(f"# in place of what stands at {place}" for place in _places(undone)),
        "# not known here: description, justification, allow, variables, and which other instances an entry was for;",
        f"# take that from {_where_the_rest_is(undone)}",
    ]
    return "\n".join(lines) + "\n" + render_changes_of_several(parts)


def _where_the_rest_is(undone: Sequence[UndoneRun]) -> str:
    """Where what no journal has is written down: the run's own commit declares a client that it deleted as absent."""
    from reconciler.planning.plan.plan import Create

    commit = undone[0].past.heading.commit
    if commit is None:
        return "the entries as they were"
    deleted = {isinstance(change, Create) for each in undone for change in each.undo.changes}
    before = f"{commit}^, the commit before it"
    if deleted == {True}:
        return f"the commit before {commit}: {commit}^"
    return f"commit {commit}" + (f"; for a deleted client, from {before}" if True in deleted else "")


def _places(undone: Sequence[UndoneRun]) -> Iterator[str]:
    """The places of the entries that the run applied, each once."""
    from reconciler.applying.past_runs import applied

    found = {change.source for each in undone for change, _ in applied(each.past) if change.source is not None}
    return (f"{printable(source.path)}:{source.line}" for source in sorted(found))


def warn_of_the_uncertain(undone: Sequence[UndoneRun], console: Console) -> None:
    """Warn, once for each instance, of the changes of which nobody knows whether they were applied."""
    from reconciler.applying.past_runs import uncertain

    for past in (each.past for each in undone):
        names = [quoted(change.name) for change in uncertain(past)]
        if names:
            more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
            which = enumeration([*names[:_MOST_NAMED], *more])
            text = f"whether the run wrote {which} is not known: look at the instance"
            console.problem(f"warning: {printable(past.instance)}: {text}; reconciler history {past.heading.run}\n")


def warn_of_losses(undone: Sequence[UndoneRun], console: Console) -> None:
    """Warn of what will still differ from before the run."""
    for loss in (loss for each in undone for loss in each.undo.losses):
        console.problem(f"warning: {printable(loss.text)}\n")


def exact_plan(undone: UndoneRun, settings: Settings, options: Options, *, takes_time: bool) -> ExactPlan:
    """The plan that undoes a run. Raises `Refused` if the settings do not name its instance any more."""
    from reconciler.workflow.exact.apply_saved import ExactPlan

    return ExactPlan(
        settings,
        _target(undone.past, settings),
        lambda live: _plan(undone, live),
        options,
        takes_time=takes_time,
        when_stale="only what is as the run left it is undone: declare in clients/ what it should be, and apply that",
    )


def _target(past: PastRun, settings: Settings) -> Instance:
    for instance in settings.instances:
        if (instance.name, instance.identity) == (past.instance, past.identity):
            return instance
    text = f"the run wrote to {printable(past.instance)} at {quoted_url(past.identity)}"
    raise Refused(
        f"{text}, which reconciler.yaml does not name",
        "roll back with the settings of that time: --config FILE; or only another instance: --instance NAME",
    )


def _plan(undone: UndoneRun, live: Listing) -> Plan:
    from reconciler.planning.plan.plan import Create, Plan

    past, undo = undone.past, undone.undo
    # A client that equals one to be created again was created already, perhaps by an earlier rollback.
    again = [change.after for change in undo.changes if isinstance(change, Create)]
    ids = [client.id for client in live.clients if client.spec not in again]
    ids = sorted(ids + [client.id for client in live.unsupported])
    return Plan(past.instance, past.identity, undo.changes, live=len(ids), live_ids=tuple(ids))
