"""The sinks of an instance: what they lack, whether they could take it, and what past runs still owe them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from reconciler.applying.past_runs import Run as PastRun
from reconciler.applying.past_runs import list_runs
from reconciler.applying.pending_deliveries import Owed
from reconciler.model.clients import DesiredClient, LiveClient
from reconciler.model.errors import SinkError
from reconciler.model.names import matches_any
from reconciler.model.settings import Instance, Settings
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan, Update
from reconciler.secrets.delivery import Deliverer, Lacking, Owes, open_deliverer
from reconciler.secrets.masking import Mask
from reconciler.secrets.values import Client
from reconciler.workflow.options import Options

Pairs = Iterable[tuple[DesiredClient, LiveClient]]


def deliverer_of(instance: Instance, settings: Settings, options: Options, mask: Mask | None = None) -> Deliverer:
    """The sinks of an instance; each secret is masked by `mask` before any of them gets it."""
    return open_deliverer(instance, settings, options.environ, mask)


def client_of(instance: Instance, name: str, owner: str | None) -> Client:
    """A client as sinks call it."""
    return Client(instance.name, instance.identity, name, owner)


def owed_since(journal: Path) -> Callable[[Instance], Owes]:
    """What past runs owe each instance's sinks, by their journals, which are read once somebody asks."""

    @cache
    def past(name: str, identity: str) -> Owed:
        return Owed((run for run in list_runs(journal / name) if isinstance(run, PastRun)), identity)

    def owed(instance: Instance) -> Owes:
        def owes(label: str, client: Client, client_id: int) -> bool:
            return past(instance.name, instance.identity)(label, client, client_id)

        return owes

    return owed


def lacking(
    deliverer: Deliverer, instance: Instance, managed: Pairs, options: Options, owes: Owes
) -> tuple[Lacking, ...]:
    """The managed clients that `--only` and `--owner` choose, and that sinks should have and have not.

    Raises SinkError where a place cannot be read.
    """
    pairs = [
        (client_of(instance, live.name, entry.owner), live.id)
        for entry, live in managed
        if _is_chosen(live.name, options.only) and (not options.owners or _is_chosen(entry.owner, options.owners))
    ]
    return deliverer.lacking(pairs, owes)


def _is_chosen(word: str | None, globs: Sequence[str]) -> bool:
    return not globs or (word is not None and matches_any(globs, word))


def needs_sinks(plan: Plan, lacks: Sequence[Lacking]) -> bool:
    """Whether an apply has something to tell the sinks: an update that is no rename is no news to them."""
    return bool(lacks) or any(not isinstance(change, Update) or change.is_rename for change in plan.changes)


def sink_refusals(deliverer: Deliverer, clients: Sequence[Client]) -> tuple[Refusal, ...]:
    """The sinks that could not take these clients. This asks them, which may run programs; none gets a secret."""
    failed = ((each.sink, each.error) for each in deliverer.problems(clients))
    return tuple(unusable(error, label) for label, error in failed if error is not None)


def unusable(error: SinkError, label: str = "") -> Refusal:
    """A sink that does not work, as a reason not to write anything."""
    what = f"the sink {label} could not take secrets" if label else "a sink could not take secrets"
    way_out = "mend it, or take it out of `sinks:`" + (f"; {error.hint}" if error.hint else "")
    return Refusal("sink", f"{what}: {error.message}", way_out)
