"""What sinks lack of what an exact plan delivers: to clients that an earlier run of it made, and again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from reconciler.model.clients import Listing, LiveClient
from reconciler.model.errors import SinkError
from reconciler.model.lines import SecretDisplay
from reconciler.model.recipients import KEPT, Held, Recipient, Recorded
from reconciler.model.settings import Instance
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Change, Create, Deliver, Plan, Update
from reconciler.secrets.delivery import Deliverer, JournalLookup, MissingSecret, SinkQuestion
from reconciler.secrets.values import SinkClient
from reconciler.support.frozen import frozen
from reconciler.workflow.delivery.deliveries import client_in, client_of, past_deliveries, unusable
from reconciler.workflow.delivery.unfinished import DeliveryProof
from reconciler.workflow.revisions.committed import never_committed, not_in_commit

KnownClient = tuple[SinkClient, int]
"""A live client, with its id."""


@frozen
class MissingSources:
    """What says what sinks have."""

    past: JournalLookup
    proof: DeliveryProof
    again: tuple[MissingSecret, ...] = ()
    """What the plan delivers again."""


def proof_in(journal: Path, instance: Instance, folder: Path) -> DeliveryProof:
    """What proves deliveries to an instance, by the journals in one folder and the repository of another."""
    past = past_deliveries(journal, not_in_commit(folder, journal))
    return DeliveryProof(past(instance), never_committed(folder))


@frozen
class LostSecrets:
    """What a saved plan delivers again."""

    missing: tuple[MissingSecret, ...] = ()
    """What sinks still lack, sink by sink."""
    unproven: tuple[Deliver, ...] = ()
    """Those of which no sink and no journal proves that the recipient had it: that is the plan's word alone."""


def lost_secrets(plan: Plan, deliverer: Deliverer, proof: DeliveryProof) -> tuple[LostSecrets, tuple[Refusal, ...]]:
    """What the plan delivers again, or why a sink cannot be asked about it."""
    try:
        return _lost_again(plan, deliverer, proof), ()
    except SinkError as problem:
        return LostSecrets(), (unusable(problem),)


def _lost_again(plan: Plan, deliverer: Deliverer, proof: DeliveryProof) -> LostSecrets:
    """Ask sinks and journals about what a saved plan delivers again. Raises SinkError where a place cannot be read.

    A recipient that is none by today's settings is left out: the plan is refused for it.
    """
    clients = [client_in(plan, each) for each in plan.again]
    questions = [SinkQuestion(client, client.name, each.id) for client, each in zip(clients, plan.again, strict=True)]
    missing, unproven = list[MissingSecret](), dict[Deliver, None]()
    for each, question, answers in zip(plan.again, questions, deliverer.answers(questions), strict=True):
        for number, answer in answers.items():
            recipient, label = deliverer.recipient(question.client, number), deliverer.labels[number]
            if recipient in each.recipients and answer.held is not Held.SAME:
                missing.append(MissingSecret(question.client, each.id, label, number))
                told = answer.held in {Held.LOST, *KEPT} and proof.holds(deliverer, question.client, each.id, number)
                if not told and not _has_had_it(proof.past(label, question.client, each.id), recipient):
                    unproven[each] = None
    return LostSecrets(tuple(sorted(missing, key=lambda each: each.number)), tuple(unproven))


def _has_had_it(recorded: Recorded | None, recipient: Recipient | None) -> bool:
    return recorded is not None and recipient in recorded.recipients


def made_by(done: Sequence[Change], live: Listing, known: Collection[int], instance: Instance) -> list[KnownClient]:
    """The clients that these changes created or renamed. `known` are the ids of those that were live before."""
    by_spec = {change.after: change for change in done if isinstance(change, Create | Update)}
    return [
        (client_of(instance, client.name, by_spec[client.spec].owner), client.id)
        for client in live.clients
        if client.spec in by_spec and _may_be_of(by_spec[client.spec], client, known)
    ]


def _may_be_of(change: Create | Update, client: LiveClient, known: Collection[int]) -> bool:
    """Whether a client that matches the change is the result of it: in a rotation, the old client matches too."""
    return client.id == change.id if isinstance(change, Update) else client.id not in known


def lacking(
    deliverer: Deliverer,
    made: Sequence[KnownClient],
    managed: Sequence[KnownClient],
    live: Listing,
    sources: MissingSources,
) -> tuple[MissingSecret, ...]:
    """What sinks lack of the clients that were made, and what is delivered again.

    Where no secret is shown again, also what sinks keep of any managed client: a write might overwrite it. Raises
    SinkError if a sink cannot be read.
    """
    missing = (*deliverer.missing_secrets(made, sources.past), *sources.again)
    if live.capabilities.secrets is not SecretDisplay.ONCE:
        return tuple(dict.fromkeys(missing))
    found = dict.fromkeys((*missing, *_kept(deliverer, managed)))
    return tuple(each for each in found if not sources.proof.doubts(deliverer, each.client, each.id, each.number, live))


def _kept(deliverer: Deliverer, clients: Sequence[KnownClient]) -> Iterator[MissingSecret]:
    """What sinks have of these clients, staged or under an earlier name."""
    questions = [SinkQuestion(client, client.name, client_id) for client, client_id in clients]
    for (client, client_id), answers in zip(clients, deliverer.answers(questions), strict=True):
        for number, answer in answers.items():
            if answer.held in KEPT:
                yield MissingSecret(client, client_id, deliverer.labels[number], number)
