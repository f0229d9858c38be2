"""What this machine knows of unfinished creates: whose they are, and whether the sinks have their secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from functools import cache
from pathlib import Path

from reconciler.applying.past_runs import PastRun, readable_runs
from reconciler.model.clients import Listing
from reconciler.model.lines import Capabilities, SecretDisplay
from reconciler.model.recipients import KEPT, Held
from reconciler.model.settings import Instance
from reconciler.planning.delivery.resume import finishing_what_sinks_have
from reconciler.planning.plan.plan import Create, Delete, Plan
from reconciler.secrets.delivery import Deliverer, JournalLookup, SinkQuestion
from reconciler.secrets.values import SinkClient
from reconciler.support.frozen import frozen

_ANY = ""
"""Runs of every plan, saved or not."""


def nonces_in(
    journal: Path, is_trusted: Callable[[Path], bool] = lambda _: True, digest: str | None = _ANY
) -> Callable[[Instance], Set[str]]:
    """The nonces that the journals of past runs have, for each instance; they are read on first use.

    A journal whose path `is_trusted` does not accept says nothing. With the `digest` of a saved plan, only its runs
    count; None stands for a plan that was not saved.
    """

    @cache
    def found(name: str, identity: str) -> frozenset[str]:
        runs = readable_runs(journal / name, is_trusted)
        return frozenset(nonce for run in runs if run.identity == identity for nonce in _nonces(run, digest))

    return lambda instance: found(instance.name, instance.identity)


def _nonces(run: PastRun, digest: str | None) -> Iterator[str]:
    if digest in (_ANY, run.heading.plan_digest):
        yield from (write.nonce for write in run.writes if write.nonce is not None)


@frozen
class DeliveryProof:
    """What can prove that a sink has a secret: nothing that a pull request may have written."""

    past: JournalLookup
    """What journals say that no commit has."""
    is_trusted: Callable[[Path], bool]
    """Whether no commit has a file."""

    def holds(self, deliverer: Deliverer, client: SinkClient, client_id: int, number: int) -> bool:
        """Whether what the sink with this number says of a client can be believed. Raises SinkError."""
        return all(map(self.is_trusted, deliverer.evidence(client, client_id, number)))

    def has_created(self, deliverer: Deliverer, client: SinkClient, client_id: int, number: int) -> bool:
        """Whether an apply here has created the client: it was not finished before every sink had its secret."""
        recorded = self.past(deliverer.labels[number], client, client_id)
        return recorded is not None and recorded.created

    def doubts(self, deliverer: Deliverer, client: SinkClient, client_id: int, number: int, listing: Listing) -> bool:
        """Whether a pull request may have put there what the sink with this number keeps of a successor.

        If an apply put that into use, it would look delivered, and the old client, which is live too, would go.
        """
        if sum(live.name == client.name for live in listing.clients) < 2:
            return False
        case = deliverer, client, client_id, number
        return not (self.holds(*case) or self.has_created(*case))


def finish_what_sinks_have(plan: Plan, deliverer: Deliverer, proof: DeliveryProof) -> Plan:
    """The plan, finishing each unfinished create whose secret is in every sink that covers it today.

    Needs no secret, and runs no program: for one, the journals count. Raises SinkError if a sink cannot be read.
    """

    def has_secret(create: Create, client_id: int) -> bool:
        having = list(_having(plan, create, client_id, deliverer, proof, proof.holds))
        return bool(having) and all(having)

    return finishing_what_sinks_have(plan, has_secret)


def delivered_successor(
    plan: Plan, deliverer: Deliverer, proof: DeliveryProof, capabilities: Capabilities
) -> Callable[[Delete], bool]:
    """Whether every sink that covers an old client has its successor's secret, or could get it from the instance.

    Needs no secret, and runs no program. What it returns raises SinkError if a sink cannot be read.
    """
    if capabilities.secrets not in (SecretDisplay.ONCE, SecretDisplay.NEVER):
        return lambda delete: True

    def believes(deliverer: Deliverer, client: SinkClient, client_id: int, number: int) -> bool:
        case = deliverer, client, client_id, number
        return proof.holds(*case) or proof.has_created(*case)

    return lambda delete: all(_having(plan, delete, delete.successor or 0, deliverer, proof, believes))


def _having(  # noqa: PLR0913, PLR0917  (one client, and who says what of it)
    plan: Plan,
    change: Create | Delete,
    client_id: int,
    deliverer: Deliverer,
    proof: DeliveryProof,
    believes: Callable[[Deliverer, SinkClient, int, int], bool],
) -> Iterator[bool]:
    """For each sink that covers the client of a change, whether it has the secret of the client with this id."""
    client = SinkClient(plan.instance, plan.identity, change.name, change.owner)
    [answers] = deliverer.answers([SinkQuestion(client, change.name, client_id)])
    for number, answer in answers.items():
        if answer.held is Held.UNKNOWN:
            recorded = proof.past(deliverer.labels[number], client, client_id)
            yield recorded is not None and deliverer.recipient(client, number) in recorded.recipients
        else:
            has_it = answer.held is Held.SAME or answer.held in KEPT
            yield has_it and believes(deliverer, client, client_id, number)
