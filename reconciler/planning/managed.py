"""Which live clients are declared: those whose secrets are somebody's business here."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.clients import Declarations, DesiredClient, Listing, LiveClient
from reconciler.planning.decide import PlanPolicy
from reconciler.planning.match.match import LiveIndex, Match, RotationMatch, match_all
from reconciler.planning.match.rotation import RotationStep


def managed(declared: Declarations, live: Listing, policy: PlanPolicy) -> Iterator[tuple[DesiredClient, LiveClient]]:
    """Each declared client and the live one that it means, in the order of the declarations.

    One that the plan would block, since what it means is not certain, is left out. In a rotation it is the new one;
    until there is one, none: the secret of the old one is about to be replaced.
    """
    index = LiveIndex(live, policy.ignore, policy.instance)
    for found in match_all((*declared.present, *declared.absent), index):
        match found:
            case Match(DesiredClient() as entry, live=client):
                yield entry, client
            case RotationMatch(entry, step=RotationStep(successor=LiveClient() as successor)):
                yield entry, successor
            case _:
                continue
