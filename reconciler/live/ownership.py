"""Find out whether an instance lets every account with the permission change a client, or only its creator."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.gateway import Gateway
from reconciler.model.clients import Listing
from reconciler.model.lines import NEWEST, OWNER_ONLY

OWNERLESS_CLIENTS = ("Swagger UI Auth", "Password Grant", "ProcessMaker Password Grant Client")
"""System clients that belong to no account, whether the instance was installed or upgraded (observed on 2026)."""


def ask_owner_only(gateway: Gateway, listing: Listing) -> Listing:
    """The listing with what the instance can do, after asking whether this account can change a client of nobody.

    At most one request, and none where it is known. Raises a `GatewayError`.
    """
    if listing.capabilities.owner_only is not None or not listing.capabilities.is_2026:
        return listing
    ownerless = [each.id for each in listing.clients if each.name in OWNERLESS_CLIENTS]
    if not ownerless:
        return listing
    everybody = gateway.may_change(ownerless[0])
    return replace(listing, capabilities=NEWEST if everybody else OWNER_ONLY)
