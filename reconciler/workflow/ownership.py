"""Find out before the first write which clients the account can change, where a version asks who created them."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.gateway import Gateway
from reconciler.live.ownership import ask_owner_only
from reconciler.model.clients import Listing
from reconciler.planning.ownership import leave_out_foreign, note_unchecked, touched_ids
from reconciler.planning.plan.plan import Create, Plan
from reconciler.planning.supported import SecretKeeping, two_steps_refusals, unsupported_refusals
from reconciler.results import Planned
from reconciler.workflow.parallel import map_parallel

PARALLELISM = 8
"""Maximum number of questions at once."""


def foreign_ids(plan: Plan, gateway: Gateway, listing: Listing) -> frozenset[int]:
    """The ids of the clients that the plan touches and this account cannot change. Raises a `GatewayError`."""
    ids = touched_ids(plan)
    if not ids or ask_owner_only(gateway, listing).capabilities.owner_only is False:
        return frozenset()
    may = map_parallel(ids, gateway.may_change, PARALLELISM)
    return frozenset(client_id for client_id, possible in zip(ids, may, strict=True) if not possible)


def check_ownership(plan: Plan, gateway: Gateway | None, listing: Listing) -> Plan:
    """The plan without what this account cannot change.

    With a note at those changes instead, if the account has no permission to apply, or if there is no gateway to ask.
    """
    if gateway is None:
        return note_unchecked(plan, frozenset(touched_ids(plan)))
    foreign = foreign_ids(plan, gateway, listing)
    if not foreign:
        return plan
    return leave_out_foreign(plan, foreign) if any(gateway.may_edit_and_delete()) else note_unchecked(plan, foreign)


def with_create_checks(planned: Planned, gateway: Gateway, keeping: SecretKeeping) -> Planned:
    """The plan with every reason why no client can be created here, after questions that only such an apply asks.

    Between an upgrade to 2026 and its script that hashes the secrets, a listing looks as it did before. Where a create
    has two steps, the account must be able to change and delete what it has created. Raises a `GatewayError`.
    """
    if not any(isinstance(change, Create) for change in planned.plan.changes):
        return planned
    found = gateway.ask_for_nobody(planned.capabilities)
    refused = unsupported_refusals(planned.plan, found, planned.instance.platform, keeping)
    if not refused and not found.stores_grants_as_sent:
        refused = two_steps_refusals(planned.plan, found, *gateway.may_edit_and_delete())
    return replace(planned, capabilities=found, refusals=(*planned.refusals, *refused))
