"""Try what sinks have stored: ask the token endpoint for each secret whether it is still accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reconciler.live.gateway import Gateway
from reconciler.live.http.retry import RetryClock
from reconciler.model.clients import Listing
from reconciler.model.errors import GatewayError, SinkError
from reconciler.model.lines import SecretDisplay
from reconciler.model.trials import Trial, TrialState
from reconciler.results import SinkEntry
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.stored import Decrypt, Stored, StoredSecret, Unreadable, Unusable
from reconciler.secrets.values import SinkClient, SinkState
from reconciler.support.frozen import frozen

INTERVAL = 2.0
"""Seconds from one request to the next. The platform answers 60 a minute from one address, the applications' too."""


@frozen
class TrialRequest:
    """How to try stored secrets."""

    decrypt: Decrypt | None
    """What opens age files; None if no private key was given."""
    clock: RetryClock
    tell: Callable[[str], object]
    """Gets a line about how long it takes."""


@frozen
class Place:
    """A client at one sink."""

    client: SinkClient
    number: int
    """The number of the sink."""
    entry: SinkEntry
    """What is known of it already."""


class Trials:
    """The trials at one instance. Each secret is tried once, however many sinks have it."""

    def __init__(
        self,
        request: TrialRequest,
        deliverer: Deliverer,
        gateway: Gateway,
        listing: Listing,
        stop: Callable[[], bool],
    ) -> None:
        self._request = request
        self._deliverer = deliverer
        self._gateway = gateway
        self._listing = listing
        self._clients = {each.id: each for each in listing.clients}
        self._unsupported = {each.id for each in listing.unsupported}
        self._stop = stop
        self._done: dict[StoredSecret, Trial] = {}
        self._last: float | None = None
        self._ended: str | None = None

    def run(self, places: Sequence[Place], others: Sequence[SinkClient]) -> list[SinkEntry]:
        """The places, sink by sink, with the result for what is stored there.

        `others` are declared clients that match no live one: what is stored for an id that is not live is added.
        """
        stored = [(place, self._stored(place.client, place.number)) for place in places]
        self._announce({found for _, found in stored if isinstance(found, StoredSecret) and found.id in self._clients})
        tried = [(place.number, replace(place.entry, trial=self._trial(place, found))) for place, found in stored]
        everywhere = sorted((*tried, *self._left_behind(others)), key=lambda each: each[0])
        return [entry for _, entry in everywhere]

    def _stored(self, client: SinkClient, number: int) -> Stored | SinkError:
        try:
            return self._deliverer.stored(client, number, self._request.decrypt)
        except SinkError as problem:
            return problem

    def _announce(self, secrets: set[StoredSecret]) -> None:
        if len(secrets) > 1:
            seconds = (len(secrets) - 1) * INTERVAL
            span = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
            self._request.tell(f"trying {len(secrets)} secrets, one every {INTERVAL:g} s: about {span}")

    def _left_behind(self, others: Sequence[SinkClient]) -> Iterator[tuple[int, SinkEntry]]:
        """What sinks have stored for ids that are not live, under the names of these clients."""
        for client in others:
            for number in self._deliverer.numbers(client):
                found = self._stored(client, number)
                if isinstance(found, StoredSecret) and not self._is_live(found.id):
                    trial = Trial(
                        TrialState.NOT_LIVE, f"it is for client {found.id}, and no such client is live", found.id
                    )
                    label = self._deliverer.labels[number]
                    yield number, SinkEntry(client.name, found.id, label, SinkState.STALE, trial=trial)

    def _is_live(self, client_id: int) -> bool:
        return client_id in self._clients or client_id in self._unsupported

    def _trial(self, place: Place, found: Stored | SinkError) -> Trial:
        match found:
            case None:
                return Trial(TrialState.NOT_STORED, self._way_out)
            case SinkError(message=why):
                return Trial(TrialState.NOT_TRIED, why)
            case Unreadable(why=why):
                return Trial(TrialState.IMPOSSIBLE, why)
            case Unusable(why=why):
                return Trial(TrialState.UNCLEAR, why)
            case StoredSecret():
                return self._trial_of(found, place.entry.id)

    def _trial_of(self, stored: StoredSecret, client_id: int) -> Trial:
        if not self._is_live(stored.id):
            return self._not_live(stored.id)
        if stored.id in self._unsupported:
            return Trial(TrialState.IMPOSSIBLE, f"client {stored.id} is of a kind that is not known here", stored.id)
        tried = replace(self._tried(stored), id=stored.id)
        return tried if stored.id == client_id or tried.why else _of_another(tried)

    def _not_live(self, client_id: int) -> Trial:
        why = f"it is for client {client_id}, which is not live any more; {self._way_out}"
        return Trial(TrialState.NOT_LIVE, why, client_id)

    def _advised(self, tried: Trial) -> Trial:
        return replace(tried, why=self._way_out) if tried.state is TrialState.REFUSED else tried

    @property
    def _way_out(self) -> str:
        if self._listing.capabilities.secrets is SecretDisplay.ALWAYS:
            return "fix: reconciler secrets deliver"
        return "fix: rotate the client, since this version shows its secret to nobody"

    def _tried(self, stored: StoredSecret) -> Trial:
        if stored not in self._done:
            if self._ended is None:
                self._wait()
            if self._ended is not None:
                return Trial(TrialState.NOT_TRIED, self._ended)
            self._done[stored] = self._advised(self._ask(stored))
        return self._done[stored]

    def _ask(self, stored: StoredSecret) -> Trial:
        capabilities = self._listing.capabilities
        try:
            return self._gateway.try_secret(self._clients[stored.id], stored.secret, capabilities)
        except GatewayError as problem:
            self._ended = problem.message
            return Trial(TrialState.NOT_TRIED, self._ended)

    def _wait(self) -> None:
        """Wait until the next request may be sent. Ends the trials once the run is to stop."""
        clock = self._request.clock
        left = 0.0 if self._last is None else self._last + INTERVAL - clock.clock()
        if left > 0:
            clock.pause(left)
        self._last = clock.clock()
        if self._stop():
            self._ended = "interrupted"


def _of_another(tried: Trial) -> Trial:
    return replace(tried, why=f"it is for client {tried.id}, which is live, but is not this one")
