"""The sinks of an instance: what they lack, whether they work, and pending deliveries of past runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from reconciler.applying.past_runs import PastRun, list_runs
from reconciler.applying.pending_deliveries import JournaledDeliveries
from reconciler.model.clients import DesiredClient, LiveClient
from reconciler.model.errors import SinkError
from reconciler.model.names import matches_any
from reconciler.model.settings import Instance, Settings
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Delete, Plan, Update, needs_delivery
from reconciler.secrets.delivery import Deliverer, MissingSecret, PendingLookup, open_deliverer
from reconciler.secrets.masking import Mask
from reconciler.secrets.values import SinkClient
from reconciler.workflow.options import Options

Pairs = Iterable[tuple[DesiredClient, LiveClient]]


def deliverer_of(instance: Instance, settings: Settings, options: Options, mask: Mask | None = None) -> Deliverer:
    """The deliverer for an instance's sinks; `mask` gets each secret before any sink does."""
    return open_deliverer(instance, settings, options.environ, mask)


def client_of(instance: Instance, name: str, owner: str | None) -> SinkClient:
    """A client as sinks identify it."""
    return SinkClient(instance.name, instance.identity, name, owner)


def pending_since(journal: Path) -> Callable[[Instance], PendingLookup]:
    """Pending deliveries of past runs, for each instance, from their journals, which are read on first use."""

    @cache
    def past(name: str, identity: str) -> JournaledDeliveries:
        return JournaledDeliveries((run for run in list_runs(journal / name) if isinstance(run, PastRun)), identity)

    def pending_deliveries(instance: Instance) -> PendingLookup:
        def owes(label: str, client: SinkClient, client_id: int) -> bool:
            return past(instance.name, instance.identity)(label, client, client_id)

        return owes

    return pending_deliveries


def missing_secrets(
    deliverer: Deliverer, instance: Instance, managed: Pairs, options: Options, owes: PendingLookup
) -> tuple[MissingSecret, ...]:
    """The managed clients that `--only` and `--owner` choose, and that sinks should have but lack.

    Raises SinkError if the contents of a sink cannot be read.
    """
    pairs = [
        (client_of(instance, live.name, entry.owner), live.id)
        for entry, live in managed
        if _is_chosen(live.name, options.only) and (not options.owners or _is_chosen(entry.owner, options.owners))
    ]
    return deliverer.missing_secrets(pairs, owes)


def _is_chosen(word: str | None, globs: Sequence[str]) -> bool:
    return not globs or (word is not None and matches_any(globs, word))


def needs_sinks(plan: Plan, lacks: Sequence[MissingSecret]) -> bool:
    """Whether an apply delivers anything: an update that is not a rename does not concern sinks."""
    return bool(lacks) or any(not isinstance(change, Update) or change.is_rename for change in plan.changes)


def mask_refusals(
    deliverer: Deliverer, instance: Instance, plan: Plan, lacks: Sequence[MissingSecret]
) -> tuple[Refusal, ...]:
    """A refusal if an apply of the plan would deliver a secret that cannot be masked."""
    problem = deliverer.mask_problem
    if problem is None or not (lacks or any(_to_deliver(deliverer, instance, plan))):
        return ()
    return (Refusal("sink", problem.message, problem.hint or ""),)


def _to_deliver(deliverer: Deliverer, instance: Instance, plan: Plan) -> Iterator[SinkClient]:
    """The clients of the plan's changes that sinks would get, the successors of rotations among them."""
    for change in plan.changes:
        client = client_of(instance, change.name, change.owner)
        succeeded = isinstance(change, Delete) and change.successor is not None
        if (succeeded or needs_delivery(change)) and deliverer.numbers(client):
            yield client


def sink_refusals(deliverer: Deliverer, clients: Sequence[SinkClient]) -> tuple[Refusal, ...]:
    """A refusal for each sink that could not take these clients. May run sinks' programs; sends no secret."""
    failed = ((each.sink, each.error) for each in deliverer.problems(clients))
    return tuple(unusable(error, label) for label, error in failed if error is not None)


def unusable(error: SinkError, label: str = "") -> Refusal:
    """The refusal for a sink that does not work."""
    what = f"the sink {label} could not take secrets" if label else "a sink could not take secrets"
    way_out = "mend it, or take it out of `sinks:`" + (f"; {error.hint}" if error.hint else "")
    return Refusal("sink", f"{what}: {error.message}", way_out)
