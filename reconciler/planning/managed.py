"""Find the live clients that are declared, whose secrets may therefore be delivered."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.clients import Declarations, DesiredClient, Listing, LiveClient
from reconciler.planning.decide import PlanPolicy
from reconciler.planning.match.match import LiveIndex, Match, RotationMatch, match_all
from reconciler.planning.match.rotation import RotationStep


def managed_pairs(
    declared: Declarations, live: Listing, policy: PlanPolicy
) -> Iterator[tuple[DesiredClient, LiveClient]]:
    """Each declared client with the live client that it matches, in the order of the declarations.

    Ambiguous entries, which the plan would block, are left out. In a rotation, the match is the successor; until there
    is one, the entry is left out: the secret of the old client is about to be replaced.
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
