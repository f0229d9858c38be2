"""Find out whether an instance is being upgraded to 2026, where that decides what a plan may do."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.gateway import Gateway
from reconciler.model.clients import Listing
from reconciler.model.lines import UP_TO_4_15
from reconciler.planning.issuer import could_alter
from reconciler.planning.plan.plan import Plan


def with_upgrade_noticed(plan: Plan, listing: Listing, gateway: Gateway) -> Listing:
    """The listing, with what the instance can do if the plan might alter who issues personal access tokens there.

    Between an upgrade to 2026 and its script that hashes the secrets, a listing looks as it did before. A create asks
    in any case. Raises a `GatewayError`.
    """
    if listing.capabilities is not UP_TO_4_15 or not could_alter(plan, listing):
        return listing
    return replace(listing, capabilities=gateway.ask_for_nobody(listing.capabilities))
