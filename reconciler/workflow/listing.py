"""List the clients of an instance, and make sure that these are all of them, and what the instance can do."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.gateway import Gateway
from reconciler.model.clients import AnyLive, Grant, Listing
from reconciler.model.errors import UnexpectedResponse
from reconciler.model.lines import UP_TO_4_15
from reconciler.model.names import is_system_client
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import Change, Delete, Plan, Update


def list_clients(gateway: Gateway, instance: Instance) -> Listing:
    """Return the instance's clients. Raises a `GatewayError`, also if the system clients are missing in the listing."""
    listing = gateway.list_clients()
    demand_system_clients(listing, instance)
    return listing


def demand_system_clients(listing: Listing, instance: Instance) -> None:
    """Raise UnexpectedResponse if there are clients, but none of those that every installation has.

    Then it is a part of the clients: the others would be created a second time. A listing without any client is judged
    by the guards.
    """
    everybody: tuple[AnyLive, ...] = (*listing.clients, *listing.unsupported)
    if not everybody or not instance.expect_system_clients:
        return
    if not any(is_system_client(each.name, instance.system_clients) for each in everybody):
        numbers = f"{len(everybody)} client{'' if len(everybody) == 1 else 's'}"
        raise UnexpectedResponse(
            f"the instance lists {numbers}, and none of those that the platform installs: it is not the whole list",
            "check `url:`; if that is how it is, set `expect_system_clients: false` for it in reconciler.yaml",
        )


def with_upgrade_noticed(plan: Plan, listing: Listing, gateway: Gateway) -> Listing:
    """The listing, with what the instance can do if the plan might alter who issues personal access tokens there.

    Before the script of an upgrade has hashed the secrets, a listing looks as it did before the upgrade. A create asks
    in any case. Raises a `GatewayError`.
    """
    if listing.capabilities is not UP_TO_4_15 or not any(map(_concerns_personal_access, plan.changes)):
        return listing
    from reconciler.planning.issuer import could_alter  # for few plans

    if not could_alter(plan, listing):
        return listing
    return replace(listing, capabilities=gateway.ask_for_nobody(listing.capabilities))


def _concerns_personal_access(change: Change) -> bool:
    specs = (
        (change.before, change.after)
        if isinstance(change, Update)
        else (change.before,)
        if isinstance(change, Delete)
        else ()
    )
    return any(Grant.PERSONAL_ACCESS_TOKEN in spec.grants for spec in specs)
