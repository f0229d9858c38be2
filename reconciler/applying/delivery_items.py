"""What an apply delivers, before the secret is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from reconciler.applying.report import Applied
from reconciler.planning.plan.plan import Change, Create
from reconciler.secrets.delivery import Deliverer, MissingSecret
from reconciler.secrets.values import DeliveryEvent, SinkClient
from reconciler.support.frozen import frozen


@frozen
class DeliveryTargets:
    """Where an apply delivers: the sinks of the instance, and the secrets missing before. Nowhere without sinks."""

    deliverer: Deliverer = field(default_factory=lambda: Deliverer(()))
    missing_secrets: tuple[MissingSecret, ...] = ()


NO_TARGETS = DeliveryTargets()


@frozen
class PendingDelivery:
    """A client whose secret must be delivered to sinks; the secret has not been read yet."""

    client: SinkClient
    id: int | None
    """None for a create whose answer was lost: only a listing shows it."""
    event: DeliveryEvent
    numbers: tuple[int, ...]
    """The numbers of the sinks in the deliverer."""
    change: Change | None = None
    """The change that requires it; None if it was due before."""


def found_item(item: PendingDelivery, seen: Mapping[Change, Applied]) -> PendingDelivery | None:
    """The pending delivery with the id and event from its outcome; None if its change is not verified."""
    if item.change is None:
        return item
    outcome = seen.get(item.change)
    if outcome is None:
        return None
    adopted = outcome.adopted and item.event is DeliveryEvent.CREATED
    return replace(item, id=outcome.id, event=DeliveryEvent.ADOPTED if adopted else item.event)


def event_of(change: Change) -> DeliveryEvent:
    """Why a sink is told of the client of a change."""
    if not isinstance(change, Create):
        return DeliveryEvent.RENAMED
    return DeliveryEvent.CREATED if change.replaces is None else DeliveryEvent.ROTATED


def place_of(item: PendingDelivery) -> tuple[bool, str]:
    """The sort key of deliveries: renames first, then by name."""
    return item.event in (DeliveryEvent.CREATED, DeliveryEvent.ROTATED), item.client.name


def grouped(missing_secrets: Iterable[MissingSecret]) -> list[PendingDelivery]:
    """One pending delivery per client, for all sinks where it is missing."""
    numbers: defaultdict[tuple[SinkClient, int], list[int]] = defaultdict(list)
    for each in missing_secrets:
        numbers[each.client, each.id].append(each.number)
    return [
        PendingDelivery(client, known, DeliveryEvent.EXISTING, tuple(found))
        for (client, known), found in numbers.items()
    ]
