"""Classify live clients by owner."""

from __future__ import annotations

from reconciler.model.clients import Declarations, Listing
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.settings import Instance, Settings
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Plan
from reconciler.support.frozen import frozen


@frozen
class ClientCounts:
    """How many live clients there are of each kind; None without valid declarations."""

    live: int
    managed: int | None
    """Declared and live, including those that a plan would change or block."""
    unmanaged: int | None
    """Not declared; the platform's own are not counted."""
    system: int
    """The platform's own clients that are neither managed nor ignored."""
    ignored: int
    unsupported: int


def count_clients(
    listing: Listing, declared: Declarations | None, instance: Instance, settings: Settings
) -> ClientCounts:
    """Count the clients as a plan would classify them."""
    if declared is None:
        return _undeclared(listing, instance, settings)
    plan = plan_without_flags(listing, declared, instance, settings)
    system = sum(client.system for client in plan.unmanaged)
    unmanaged, ignored, unsupported = len(plan.unmanaged) - system, len(plan.ignored), len(plan.unsupported)
    live = len(listing.clients) + len(listing.unsupported)
    return ClientCounts(
        live, live - unmanaged - system - ignored - unsupported, unmanaged, system, ignored, unsupported
    )


def _undeclared(listing: Listing, instance: Instance, settings: Settings) -> ClientCounts:
    supported = [c.name for c in listing.clients if not matches_any(settings.ignore, c.name)]
    unsupported = [c.name for c in listing.unsupported if not matches_any(settings.ignore, c.name)]
    live = len(listing.clients) + len(listing.unsupported)
    return ClientCounts(
        live=live,
        managed=None,
        unmanaged=None,
        system=sum(is_system_client(name, instance.system_clients) for name in supported),
        ignored=live - len(supported) - len(unsupported),
        unsupported=len(unsupported),
    )


def plan_without_flags(listing: Listing, declared: Declarations, instance: Instance, settings: Settings) -> Plan:
    """The plan without any flags."""
    policy = PlanPolicy(
        instance=instance.name,
        identity=instance.identity,
        ignore=settings.ignore,
        protected=settings.protected,
        system_clients=instance.system_clients,
    )
    return make_plan(declared, listing, policy)
