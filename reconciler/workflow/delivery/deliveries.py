"""The sinks of an instance: whether they work, who is behind them, and what journals know of past deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from reconciler.applying.delivery_items import DeliveryTargets
from reconciler.applying.past_runs import readable_runs
from reconciler.applying.pending_deliveries import JournaledDeliveries
from reconciler.model.errors import Refused, SinkError
from reconciler.model.placeholders import placed
from reconciler.model.recipients import Recorded
from reconciler.model.settings import Instance, Settings
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Change, Deliver, Plan, Update
from reconciler.planning.planfile.delivery_claims import hands_over
from reconciler.results import Planned
from reconciler.secrets.delivery import Deliverer, JournalLookup, MissingSecret
from reconciler.secrets.masking import Mask
from reconciler.secrets.open_deliverer import open_deliverer
from reconciler.secrets.values import SinkClient
from reconciler.support.text import quoted
from reconciler.workflow.options import Options


def deliverer_of(instance: Instance, settings: Settings, options: Options, mask: Mask | None = None) -> Deliverer:
    """The deliverer for an instance's sinks; `mask` gets each secret before any sink does."""
    return open_deliverer(instance, settings, options.environ, mask)


def client_of(instance: Instance, name: str, owner: str | None) -> SinkClient:
    """A client as sinks identify it."""
    return SinkClient(instance.name, instance.identity, name, owner)


def past_deliveries(
    journal: Path, is_trusted: Callable[[Path], bool] = lambda _: True
) -> Callable[[Instance], JournalLookup]:
    """What the journals of past runs say of deliveries, for each instance; they are read on first use.

    A journal whose path `is_trusted` does not accept says nothing.
    """

    @cache
    def past(name: str, identity: str) -> JournaledDeliveries:
        return JournaledDeliveries(readable_runs(journal / name, is_trusted), identity)

    def of_instance(instance: Instance) -> JournalLookup:
        def look(label: str, client: SinkClient, client_id: int) -> Recorded | None:
            return past(instance.name, instance.identity)(label, client, client_id)

        return look

    return of_instance


def with_recipients(plan: Plan, deliverer: Deliverer) -> Plan:
    """The plan with everybody who gets a secret by its changes, by today's settings."""
    return replace(plan, changes=tuple(_with_recipients(change, plan, deliverer) for change in plan.changes))


def _with_recipients(change: Change, plan: Plan, deliverer: Deliverer) -> Change:
    if not hands_over(change):
        return change
    return replace(change, recipients=deliverer.recipients(client_in(plan, change)))


def delivery_targets(deliverer: Deliverer, planned: Planned) -> DeliveryTargets:
    """Where an apply of the plan delivers besides its changes: to new recipients, and again to earlier ones.

    Raises `Refused` if a recipient of the plan is none by today's settings.
    """
    plan = planned.plan
    new = [missing for each in plan.deliveries for missing in _sinks_of(each, plan, deliverer)]
    return DeliveryTargets(deliverer, (*new, *planned.missing_secrets))


def _sinks_of(each: Deliver, plan: Plan, deliverer: Deliverer) -> Iterator[MissingSecret]:
    client = client_in(plan, each)
    numbers = {deliverer.recipient(client, number): number for number in deliverer.numbers(client)}
    for recipient in each.recipients:
        if recipient not in numbers:
            sink = placed(recipient.sink, plan.instance)
            text = f"who gets the secret of {quoted(each.name)} changed after it was planned: {sink}"
            raise Refused(text, f"look at the new plan: reconciler plan --instance {plan.instance}")
        yield MissingSecret(client, each.id, recipient.sink, numbers[recipient])


def client_in(plan: Plan, item: Change | Deliver) -> SinkClient:
    """A client of a plan as sinks identify it."""
    return SinkClient(plan.instance, plan.identity, item.name, item.owner)


def needs_sinks(plan: Plan, lacks: Sequence[MissingSecret]) -> bool:
    """Whether an apply delivers anything: an update that is not a rename does not concern sinks."""
    changed = any(not isinstance(change, Update) or change.is_rename for change in plan.changes)
    return bool(lacks or plan.deliveries) or changed


def mask_refusals(
    deliverer: Deliverer, instance: Instance, plan: Plan, lacks: Sequence[MissingSecret]
) -> tuple[Refusal, ...]:
    """A refusal if an apply of the plan would deliver a secret that cannot be masked."""
    problem = deliverer.mask_problem
    if problem is None or not (lacks or plan.deliveries or any(_to_deliver(deliverer, instance, plan))):
        return ()
    return (Refusal("sink", problem.message, problem.hint or ""),)


def _to_deliver(deliverer: Deliverer, instance: Instance, plan: Plan) -> Iterator[SinkClient]:
    """The clients of the plan's changes that sinks would get, the successors of rotations among them."""
    for change in plan.changes:
        client = client_of(instance, change.name, change.owner)
        if hands_over(change) and deliverer.numbers(client):
            yield client


def sink_refusals(deliverer: Deliverer, instance: Instance, clients: Sequence[SinkClient]) -> tuple[Refusal, ...]:
    """A refusal for each sink that could not take these clients. May run sinks' programs; sends no secret."""
    failed = ((each.sink, each.error) for each in deliverer.problems(clients))
    return tuple(unusable(error, placed(label, instance.name)) for label, error in failed if error is not None)


def unusable(error: SinkError, label: str = "") -> Refusal:
    """The refusal for a sink that does not work."""
    what = f"the sink {label} could not take secrets" if label else "a sink could not take secrets"
    way_out = f"{error.hint or 'correct it'}; or take the sink out of `sinks:`"
    return Refusal("sink", f"{what}: {error.message}", way_out)
