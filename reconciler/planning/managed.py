"""Which live clients are declared: those whose secrets are somebody's business here."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import Declarations, DesiredClient, Listing, LiveClient
from reconciler.planning.decisions import PlanPolicy
from reconciler.planning.matching import LiveIndex, Match, match_all


def managed(declared: Declarations, live: Listing, policy: PlanPolicy) -> Iterator[tuple[DesiredClient, LiveClient]]:
    """Each declared client and the live one that it means, in the order of the declarations.

    One that the plan would block, since what it means is not certain, is left out.
    """
    index = LiveIndex(live, policy.ignore, policy.instance)
    for found in match_all((*declared.present, *declared.absent), index):
        if isinstance(found, Match) and isinstance(found.entry, DesiredClient):
            yield found.entry, found.live
