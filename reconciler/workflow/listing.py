"""List the clients of an instance, and make sure that these are all of them."""

from __future__ import annotations

from reconciler.live.gateway import Gateway
from reconciler.model.clients import AnyLive, Listing
from reconciler.model.errors import UnexpectedResponse
from reconciler.model.names import is_system_client
from reconciler.model.settings import Instance


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
