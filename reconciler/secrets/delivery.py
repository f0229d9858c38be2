"""Deliver to all sinks of an instance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.model.names import is_system_client
from reconciler.model.recipients import Held, Recipient, Recorded, SinkAnswer
from reconciler.secrets.masking import Mask, mask
from reconciler.secrets.recipients import RecipientResolver
from reconciler.secrets.sink import Sink
from reconciler.secrets.stored import Decrypt, Stored
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.support.frozen import frozen


@frozen
class Delivery:
    """The result of delivering one client to one sink."""

    sink: str
    """Its label."""
    error: SinkError | None = None
    """Why it failed; None if it did not."""
    number: int | None = None
    """The number of the sink; None if it was not asked to take a secret."""


@frozen
class SinkHolding:
    """What one sink has for a client."""

    sink: str
    """Its label."""
    held: SinkState
    """UNKNOWN where the sink cannot tell, or could not be read."""
    error: SinkError | None = None
    """Why it could not be read."""


@frozen
class MissingSecret:
    """A live client that is missing from one sink that should have it."""

    client: SinkClient
    id: int
    sink: str
    """Its label."""
    number: int
    """The number of the sink, for `Deliverer.deliver`."""


@frozen
class Leftover:
    """What a sink keeps of a client that is not live, and that nothing will put into use."""

    name: str
    """As the sink knows it."""
    id: int
    sink: str
    """Its label."""
    number: int
    """The number of the sink."""


@frozen
class SinkQuestion:
    """A declared client that is live, as sinks are asked about it."""

    client: SinkClient
    """With its declared name."""
    live_name: str
    """The name under which a sink may have it."""
    id: int


JournalLookup = Callable[[str, SinkClient, int], Recorded | None]
"""What past journals say of the client with this id at the sink with this label; None if that is nothing."""


class Deliverer:
    """Deliver clients to the sinks that cover them. A failure of one sink does not stop the others."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        pipeline: Mask | None = None,
        *,
        resolver: RecipientResolver | None = None,
        system_clients: Sequence[str] = (),
    ) -> None:
        """With `pipeline`, each secret is masked through it before any sink gets it.

        `resolver` knows who is behind the sinks. No sink covers a client that the platform needs, by its own list or
        by the globs of `system_clients`.
        """
        self._sinks = tuple(sinks)
        self._pipeline = pipeline
        self._resolver = resolver
        self._system_clients = tuple(system_clients)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the sinks, in the order of reconciler.yaml."""
        return tuple(sink.label for sink in self._sinks)

    @property
    def mask_problem(self) -> SinkError | None:
        """Why no secret can be masked, so that `deliver` would refuse each."""
        return self._pipeline.problem if self._pipeline is not None else None

    def problems(self, clients: Sequence[SinkClient]) -> tuple[Delivery, ...]:
        """The sinks that could not take these clients, each with the reason. Call it before the first write.

        `clients` are all that are declared for the instance. No sink gets a secret for this.
        """
        return self._failing(clients, lambda sink, covered: sink.check(covered))

    def visible_problems(self, clients: Sequence[SinkClient]) -> tuple[Delivery, ...]:
        """Those of `problems` that can be found without running a sink's program or writing anything."""
        return self._failing(clients, lambda sink, covered: sink.look(covered))

    def _failing(
        self, clients: Sequence[SinkClient], ask: Callable[[Sink, Sequence[SinkClient]], None]
    ) -> tuple[Delivery, ...]:
        asked = (
            _tried(sink, lambda sink: ask(sink, [client for client in clients if self._covers(sink, client)]))
            for sink in self._sinks
        )
        return tuple(each for each in asked if each.error is not None)

    def numbers(self, client: SinkClient) -> tuple[int, ...]:
        """The numbers of the sinks that cover a client: indexes into `labels`."""
        return tuple(number for number, sink in enumerate(self._sinks) if self._covers(sink, client))

    def _covers(self, sink: Sink, client: SinkClient) -> bool:
        return sink.covers(client) and not is_system_client(client.name, self._system_clients)

    def recipient(self, client: SinkClient, number: int) -> Recipient | None:
        """Who gets the secret of a client from the sink with this number; None if the deliverer does not know."""
        return self._resolver.resolve(number, client) if self._resolver is not None else None

    def recipients(self, client: SinkClient) -> tuple[Recipient, ...]:
        """Everybody who gets the secret of a client, sink by sink."""
        return tuple(filter(None, (self.recipient(client, number) for number in self.numbers(client))))

    def answers(self, questions: Sequence[SinkQuestion]) -> Sequence[Mapping[int, SinkAnswer]]:
        """What each sink that covers a client says of it, by the sink's number. Needs no secret, runs no program.

        Raises SinkError where a place cannot be read.
        """
        found: list[dict[int, SinkAnswer]] = [{} for _ in questions]
        for number, sink in enumerate(self._sinks):
            covered = [index for index, each in enumerate(questions) if self._covers(sink, each.client)]
            asked = [
                (_renamed(questions[index].client, questions[index].live_name), questions[index].id)
                for index in covered
            ]
            for index, answer in zip(covered, sink.trace(asked), strict=True):
                found[index][number] = answer
        return found

    def missing_secrets(
        self, clients: Sequence[tuple[SinkClient, int]], past: JournalLookup
    ) -> tuple[MissingSecret, ...]:
        """The clients, with their ids, that are missing from sinks, sink by sink. Needs no secret.

        For a sink that cannot tell, `past` decides. Raises SinkError where a place cannot be read.
        """
        return tuple(
            MissingSecret(client, client_id, sink.label, number)
            for number, sink in enumerate(self._sinks)
            for client, client_id in _absent(sink, [pair for pair in clients if self._covers(sink, pair[0])], past)
        )

    def deliver(self, delivery: SecretDelivery, numbers: Collection[int] | None = None) -> tuple[Delivery, ...]:
        """Deliver a client's id and secret to every sink that covers it, or to those with these numbers.

        Idempotent. Raises nothing.
        """
        chosen = self.numbers(delivery.client) if numbers is None else numbers
        return self._hand(delivery, chosen, lambda sink: sink.deliver(delivery))

    def _hand(
        self, delivery: SecretDelivery, numbers: Collection[int], hand: Callable[[Sink], None]
    ) -> tuple[Delivery, ...]:
        chosen = sorted(numbers)
        if self.mask_problem is not None:
            return tuple(Delivery(self._sinks[number].label, self.mask_problem, number) for number in chosen)
        if self._pipeline is not None and chosen:
            mask(delivery.secret, self._pipeline.tell)
        tried = (_tried(self._sinks[number], hand) for number in chosen)
        return tuple(replace(each, number=number) for each, number in zip(tried, chosen, strict=True))

    def staging(self, numbers: Collection[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Those of these sinks that can keep a new secret beside the one in use, and those that cannot."""
        able = tuple(number for number in numbers if self._sinks[number].stages)
        return able, tuple(number for number in numbers if number not in able)

    def stage(self, delivery: SecretDelivery, numbers: Collection[int]) -> tuple[Delivery, ...]:
        """Keep a client's id and secret beside what is in use, in the sinks with these numbers. Raises nothing."""
        return self._hand(delivery, numbers, lambda sink: sink.stage(delivery))

    def held(self, client: SinkClient, client_id: int, number: int) -> Held:
        """What the sink with this number says of a client, without its secret. Raises SinkError."""
        [answer] = self._sinks[number].trace([(client, client_id)])
        return answer.held

    def evidence(self, client: SinkClient, client_id: int, number: int) -> Sequence[Path]:
        """The files that say what the sink with this number has of a client, if git may have them. Raises SinkError."""
        return self._sinks[number].evidence(client, client_id)

    def make_current(
        self, client: SinkClient, client_id: int, numbers: Collection[int]
    ) -> tuple[tuple[Delivery, bool], ...]:
        """Put what is staged for a client, or kept under an earlier name, into use, in the sinks with these numbers.

        With each result, whether the sink has the client's secret in use now. Needs no secret, and raises nothing.
        """
        return tuple(self._promoted(number, client, client_id) for number in sorted(numbers))

    def _promoted(self, number: int, client: SinkClient, client_id: int) -> tuple[Delivery, bool]:
        sink = self._sinks[number]
        try:
            return Delivery(sink.label, None, number), sink.make_current(client, client_id)
        except SinkError as error:
            return Delivery(sink.label, error, number), False

    def forget(self, client: SinkClient, client_id: int, *, replaced: bool = False) -> tuple[Delivery, ...]:
        """Remove what the sinks have for a client that was deleted. Raises nothing.

        Of one that was `replaced`, whose place its successor has, only files are cleared; only failures are returned.
        """
        sinks = (sink for sink in self._covering(client) if sink.stages or not replaced)
        done = tuple(_tried(sink, lambda sink: sink.forget(client, client_id)) for sink in sinks)
        return tuple(each for each in done if each.error is not None) if replaced else done

    def leftovers(self, instance: str, url: str, known: Collection[int]) -> tuple[Leftover, ...]:
        """What the sinks that can be read have staged for clients of an instance, other than these ids."""
        found: list[Leftover] = []
        for number, sink in enumerate(self._sinks):
            with suppress(SinkError):  # whoever needs it says so
                staged = sorted(sink.staged(instance, url).items())
                found += [Leftover(name, each, sink.label, number) for each, name in staged if each not in known]
        return tuple(found)

    def remove_leftover(self, instance: str, url: str, left: Leftover) -> Delivery:
        """Remove what a sink keeps of a client that is not live. Raises nothing."""
        return _tried(self._sinks[left.number], lambda sink: sink.unstage(instance, url, left.id))

    def holds(self, delivery: SecretDelivery) -> tuple[SinkHolding, ...]:
        """What each sink that covers the client has for it. Changes nothing, and raises nothing."""
        return tuple(_looked(sink, delivery) for sink in self._covering(delivery.client))

    def holding(self, delivery: SecretDelivery, number: int) -> SinkHolding:
        """What the sink with this number has for the client. Changes nothing, and raises nothing."""
        return _looked(self._sinks[number], delivery)

    def stored(self, client: SinkClient, number: int, decrypt: Decrypt | None) -> Stored:
        """What the sink with this number has stored for the client. Raises SinkError where it cannot be read."""
        return self._sinks[number].stored(client, decrypt)

    def _covering(self, client: SinkClient) -> Iterator[Sink]:
        return (self._sinks[number] for number in self.numbers(client))


def _renamed(client: SinkClient, name: str) -> SinkClient:
    return client if client.name == name else replace(client, name=name)


def _absent(
    sink: Sink, clients: Sequence[tuple[SinkClient, int]], past: JournalLookup
) -> Iterator[tuple[SinkClient, int]]:
    for (client, client_id), there in zip(clients, sink.present(clients), strict=True):
        if there is False or (there is None and _is_pending(past(sink.label, client, client_id))):
            yield client, client_id


def _is_pending(recorded: Recorded | None) -> bool:
    return recorded is not None and recorded.pending


def _tried(sink: Sink, attempt: Callable[[Sink], None]) -> Delivery:
    try:
        attempt(sink)
    except SinkError as error:
        return Delivery(sink.label, error)
    return Delivery(sink.label)


def _looked(sink: Sink, delivery: SecretDelivery) -> SinkHolding:
    try:
        return SinkHolding(sink.label, sink.holds(delivery))
    except SinkError as error:
        return SinkHolding(sink.label, SinkState.UNKNOWN, error)
