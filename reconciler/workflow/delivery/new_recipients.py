"""Add to a plan which secrets get a new recipient, from what the base, the sinks and the journals say."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.clients import Declarations, DesiredClient, Listing, LiveClient
from reconciler.model.lines import SecretDisplay
from reconciler.model.placeholders import placed
from reconciler.model.recipients import KEPT, Covering, Held, Recipient, SinkAnswer
from reconciler.planning.decide import PlanPolicy
from reconciler.planning.delivery.deliveries import (
    Again,
    Candidate,
    PlannedDeliveries,
    may_be_delivered,
    plan_deliveries,
)
from reconciler.planning.delivery.retirement import hold_back
from reconciler.planning.managed import managed_pairs
from reconciler.planning.plan.plan import Deliver, Note, Plan
from reconciler.planning.planfile.delivery_claims import DeclaredToday
from reconciler.results import Planned
from reconciler.secrets.delivery import Deliverer, JournalLookup, MissingSecret, SinkQuestion
from reconciler.secrets.values import SinkClient
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted
from reconciler.workflow.delivery.deliveries import with_recipients
from reconciler.workflow.delivery.unfinished import DeliveryProof, delivered_successor, finish_what_sinks_have
from reconciler.workflow.options import Options

_LOST = Note("delivered-again", "a sink that had its secret lacks it")

Pair = tuple[DesiredClient, LiveClient]

EarlierRecipients = Callable[[DesiredClient], tuple[Recipient, ...]]
"""Who gets the secret of a declared client by the files of the base."""


@frozen
class DeliverySources:
    """What says who had a secret before."""

    past: JournalLookup
    proof: DeliveryProof
    """What proves that a sink has a secret, where nobody can read it again."""
    listing: Listing
    earlier: EarlierRecipients | None = None
    """None without a base."""
    observed: bool = False
    """Whether the plan is made from an observation, perhaps on a machine without the files of the sinks."""


def add_deliveries(
    planned: Planned,
    pairs: Sequence[Pair],
    deliverer: Deliverer,
    sources: DeliverySources,
    options: Options,
) -> Planned:
    """The plan with its deliveries: new recipients, secrets that are missing, and the recipients of its changes.

    `pairs` are the declared clients that are live and may be delivered. Raises SinkError if a sink cannot be read.
    """
    plan = finish_what_sinks_have(planned.plan, deliverer, sources.proof)
    plan = hold_back(plan, delivered_successor(plan, deliverer, sources.proof, planned.capabilities))
    plan = with_recipients(plan, deliverer)
    candidates = _candidates(plan, pairs, deliverer, sources)
    found = plan_deliveries(
        candidates,
        plan.instance,
        only=options.only,
        owners=options.owners,
        observed=sources.observed,
        capabilities=planned.capabilities,
    )
    left = () if sources.observed else _leftovers(plan, deliverer, sources.listing)
    notes = tuple(sorted((*plan.notes, *found.notes, *left), key=lambda note: (note.code, note.text)))
    plan = replace(plan, deliveries=found.new, notes=notes, left_out=plan.left_out + found.left_out)
    if not sources.observed:
        plan = replace(plan, again=tuple(_again(plan, found, deliverer)))
    missing = () if sources.observed else tuple(_missing(plan, found, deliverer))
    return replace(planned, plan=plan, missing_secrets=missing)


def _leftovers(plan: Plan, deliverer: Deliverer, listing: Listing) -> Iterator[Note]:
    """A note for each secret that a sink keeps of a client that somebody has deleted before it was finished."""
    if listing.capabilities.secrets is not SecretDisplay.ONCE:
        return
    command = shlex.join(["reconciler", "secrets", "deliver", "--instance", plan.instance])
    for left in deliverer.leftovers(plan.instance, plan.identity, listing.ids):
        sink = placed(left.sink, plan.instance)
        what = f"{sink} keeps a secret for client {left.id}, {quoted(left.name)}, which is not live any more"
        yield Note("staged-left-over", f"{what}; to remove it: {command}")


def deliverable_pairs(declared: Declarations, listing: Listing, policy: PlanPolicy) -> list[Pair]:
    """Each declared client that is live, without those that the platform needs: nobody gets their secrets."""
    pairs = managed_pairs(declared, listing, policy)
    return [pair for pair in pairs if may_be_delivered(*pair, policy.system_clients)]


def declared_today(plan: Plan, declared: Declarations, deliverer: Deliverer) -> Mapping[str, DeclaredToday]:
    """Who gets the secret of each declared client that the plan mentions, by name."""
    named = {each.name for each in (*plan.changes, *plan.deliveries, *plan.again)}
    return {
        entry.name: DeclaredToday(entry.owner, deliverer.recipients(_client(plan, entry)))
        for entry in declared.present
        if entry.name in named
    }


def _candidates(
    plan: Plan, pairs: Sequence[Pair], deliverer: Deliverer, sources: DeliverySources
) -> Iterator[Candidate]:
    questions = [SinkQuestion(_client(plan, entry), live.name, live.id) for entry, live in pairs]
    found = _believed(questions, deliverer.answers(questions), deliverer, sources)
    for (entry, live), question, answers in zip(pairs, questions, found, strict=True):
        base = sources.earlier(entry) if sources.earlier is not None and answers else None
        covering = (_covering(question, deliverer, each, base, sources.past) for each in answers.items())
        yield Candidate(entry, live, tuple(covering), base)


def _believed(
    questions: Sequence[SinkQuestion],
    found: Sequence[Mapping[int, SinkAnswer]],
    deliverer: Deliverer,
    sources: DeliverySources,
) -> Iterator[Mapping[int, SinkAnswer]]:
    """The answers, without those that a pull request may have forged for the successor of a client."""
    hidden = sources.listing.capabilities.secrets is SecretDisplay.ONCE
    for question, answers in zip(questions, found, strict=True):
        client = replace(question.client, name=question.live_name)
        kept = [number for number, answer in answers.items() if hidden and answer.held in KEPT]
        doubted = [n for n in kept if sources.proof.doubts(deliverer, client, question.id, n, sources.listing)]
        yield {**answers, **dict.fromkeys(doubted, SinkAnswer(Held.OTHER))}


def _covering(
    question: SinkQuestion,
    deliverer: Deliverer,
    answered: tuple[int, SinkAnswer],
    base: tuple[Recipient, ...] | None,
    past: JournalLookup,
) -> Covering:
    number, answer = answered
    recipient = deliverer.recipient(question.client, number)
    assert recipient is not None  # noqa: S101  (the deliverer of an instance resolves them)
    # Journals are many and long: they are only read if they could decide anything.
    settled = answer.held is Held.SAME and (base is None or recipient in base)
    recorded = None if settled else past(deliverer.labels[number], question.client, question.id)
    return Covering(number, recipient, answer, recorded)


def _missing(plan: Plan, found: PlannedDeliveries, deliverer: Deliverer) -> Iterator[MissingSecret]:
    """What is delivered again, sink by sink."""
    for each in sorted(found.again, key=lambda each: each.number):
        yield MissingSecret(_live_client(plan, each), each.live.id, deliverer.labels[each.number], each.number)


def _again(plan: Plan, found: PlannedDeliveries, deliverer: Deliverer) -> Iterator[Deliver]:
    """The same by client, for a saved plan: one whose name the instance keeps waits for an apply without one."""
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for each in found.again:
        numbers[each.live.id].append(each.number)
    lost = {each.live.id: each for each in found.again if each.live.name == each.entry.name}
    for each in sorted(lost.values(), key=lambda each: (each.entry.name, each.live.id)):
        client = _client(plan, each.entry)
        resolved = (deliverer.recipient(client, number) for number in sorted(numbers[each.live.id]))
        recipients = tuple(recipient for recipient in resolved if recipient is not None)
        where = (each.entry.source, each.entry.owner)
        yield Deliver(each.live.id, each.entry.name, recipients, recipients, _LOST, *where)


def _live_client(plan: Plan, each: Again) -> SinkClient:
    return SinkClient(plan.instance, plan.identity, each.live.name, each.entry.owner)


def _client(plan: Plan, entry: DesiredClient) -> SinkClient:
    return SinkClient(plan.instance, plan.identity, entry.name, entry.owner)
