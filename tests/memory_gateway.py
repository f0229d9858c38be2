"""The platform's auth clients in memory, with its known habits (observed on 4.15.6), and faults and waits on order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Condition, RLock

from reconciler.applying.report import DeliveryResult, Outcome
from reconciler.applying.send import SendResult
from reconciler.live.gateway import ClientSecret, CreatedClient
from reconciler.model.clients import ClientSpec, Grant, Listing, LiveClient, UnsupportedClient
from reconciler.model.errors import GatewayError, Rejected, Unavailable, UnexpectedResponse
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.model.trials import Trial
from reconciler.planning.plan.plan import Change, Create

ENOUGH_SECONDS = 60.0
"""Nothing here takes so long, unless a test has failed already."""

BIRTHDAY = datetime(2026, 1, 1, 12, tzinfo=UTC)

Problem = GatewayError | KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: it fails, after its effect or before it."""

    error: Problem
    done: bool = False


def lost(why: str = "the connection was closed") -> Fault:
    """The request is carried out, and its answer never arrives."""
    return Fault(Unavailable(why), done=True)


def refused_connection() -> Fault:
    """The request never arrives."""
    return Fault(Unavailable("connection refused"))


class Gate:
    """Holds every write that arrives until the test lets it through: requests take as long as a test wants."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: list[str] = []
        self._open = False
        self.most = 0
        """How many writes waited at once, at most."""

    def pass_through(self, request: str) -> None:
        """Wait for the test."""
        with self._changed:
            if self._open:
                return
            self._waiting.append(request)
            self.most = max(self.most, len(self._waiting))
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._open or request not in self._waiting, ENOUGH_SECONDS)

    def wait_for(self, count: int) -> list[str]:
        """The writes that wait, sorted, as soon as they are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._waiting) >= count, ENOUGH_SECONDS), self._waiting
            return sorted(self._waiting)

    def release(self, request: str) -> None:
        """Let one write through."""
        with self._changed:
            self._waiting.remove(request)
            self._changed.notify_all()

    def open(self) -> None:
        """Let everything through from now on."""
        with self._changed:
            self._open = True
            self._waiting.clear()
            self._changed.notify_all()


class MemoryGateway:
    """A `Gateway` whose names need not be unique, whose ids only rise, and whose deleted clients never come back.

    It may be used by several threads. `faults` are by the number of the request, from 1; `fail` adds one for every
    later request of a kind, or for those for one client. With a `gate`, writes take until the test opens it.
    """

    def __init__(
        self,
        specs: Iterable[ClientSpec] = (),
        unsupported: Iterable[str] = (),
        faults: Mapping[int, Fault] | None = None,
    ) -> None:
        self.requests: list[str] = []
        """Everything that was asked, as it arrived: `list`, `create Portal`, `update 3`, `delete 4`."""
        self.done: list[str] = []
        """The writes that were answered as done."""
        self.faults = dict(faults or {})
        self.gate: Gate | None = None
        self.at: datetime | None = None
        """Its clock, which stands still."""
        self._lock = RLock()
        self._by_kind: dict[str, Fault] = {}
        self._clients: dict[int, LiveClient | UnsupportedClient] = {}
        self._revoked: set[int] = set()
        self._last_id = 0
        for spec in specs:
            self.put(spec)
        for name in unsupported:
            self.put_unsupported(name)

    @classmethod
    def holding(cls, seen: Listing) -> MemoryGateway:
        """An instance on which exactly these clients are live; new ones get ids over 1000."""
        gateway = cls()
        gateway._last_id = 1000
        gateway.at = seen.at
        gateway._clients = {each.id: each for each in seen.clients} | {each.id: each for each in seen.unsupported}
        return gateway

    def put(self, spec: ClientSpec) -> int:
        """A client made by somebody else, without a request."""
        new = self._new_id()
        self._clients[new] = LiveClient(new, spec, BIRTHDAY + timedelta(days=new))
        return new

    def put_unsupported(self, name: str) -> int:
        """A client of a type that nobody knows, made by somebody else."""
        new = self._new_id()
        self._clients[new] = UnsupportedClient(new, name, "its type 'device_code' is not known", BIRTHDAY)
        return new

    def revoke(self, client_id: int) -> None:
        """A client deleted by somebody else, without a request."""
        self._revoked.add(client_id)

    def overwrite(self, client_id: int, spec: ClientSpec) -> None:
        """A client changed by somebody else, without a request."""
        self._clients[client_id] = LiveClient(client_id, spec, self._clients[client_id].created_at)

    def fail(self, kind: str, fault: Fault) -> None:
        """Let every request of a kind fail (list, create, update or delete), or of one client: `update 3`."""
        self._by_kind[kind] = fault

    @property
    def live(self) -> Listing:
        """What is live, without a request."""
        there = [client for client in self._clients.values() if client.id not in self._revoked]
        return Listing(
            tuple(each for each in there if isinstance(each, LiveClient)),
            tuple(each for each in there if isinstance(each, UnsupportedClient)),
            self.at,
        )

    @property
    def names(self) -> list[str]:
        """The live names, sorted."""
        seen = self.live
        return sorted([each.name for each in seen.clients] + [each.name for each in seen.unsupported])

    def count(self, kind: str) -> int:
        """How many requests of a kind were made."""
        return sum(request.split()[0] == kind for request in self.requests)

    def list_clients(self) -> Listing:
        """All clients that are not revoked."""
        fault = self._arrive("list")
        if fault:
            raise fault.error
        return self.live

    def list_with_secrets(self) -> tuple[Listing, tuple[ClientSecret, ...]]:
        """All clients that are not revoked, and their secrets."""
        seen = self.list_clients()
        everyone: tuple[LiveClient | UnsupportedClient, ...] = (*seen.clients, *seen.unsupported)
        return seen, tuple(ClientSecret(each.id, secret_of(each.id), each.created_at) for each in everyone)

    def create_client(self, spec: ClientSpec, beside: int | None = None) -> CreatedClient:
        """A new client, whatever others there are of its name."""
        fault = self._arrive(f"create {spec.name}")
        with self._lock:
            if fault is None or fault.done:
                _check(spec)
                new = self.put(spec)
            if fault:
                raise fault.error
            made = self._clients[new]
            assert isinstance(made, LiveClient)
            self.done.append(f"create {spec.name}")
            return CreatedClient(made, secret_of(made.id))

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        """The client with everything replaced. A deleted one is written to as well, and stays deleted."""
        fault = self._arrive(f"update {client_id}")
        with self._lock:
            if fault is None or fault.done:
                if client_id not in self._clients:
                    raise Unavailable("the server failed (500)")
                _check(spec)
                self.overwrite(client_id, spec)
            if fault:
                raise fault.error
            if client_id in self._revoked:
                raise UnexpectedResponse(f"client {client_id} was deleted by somebody")
            self.done.append(f"update {client_id}")
            return LiveClient(client_id, spec)

    def delete_client(self, client_id: int) -> None:
        """Revoke a client; again, if it is revoked already."""
        fault = self._arrive(f"delete {client_id}")
        with self._lock:
            if fault is None or fault.done:
                if client_id not in self._clients:
                    raise Unavailable("the server failed (500)")
                self.revoke(client_id)
            if fault:
                raise fault.error
            self.done.append(f"delete {client_id}")

    def may_change(self, client_id: int) -> bool:
        """Up to 4.15 every account with the permission may."""
        raise Unavailable("the server failed (500)")

    def ask_for_nobody(self, seen: Capabilities) -> Capabilities:
        """Up to 4.15 it tells nothing new."""
        return seen

    def may_edit_and_delete(self) -> tuple[bool, bool]:
        """The account has every permission."""
        return True, True

    def try_secret(self, client: LiveClient, secret: Secret, capabilities: Capabilities) -> Trial:
        """It has no token endpoint."""
        raise Unavailable("the server failed (500)")

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _arrive(self, request: str) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            by_kind = self._by_kind.get(request) or self._by_kind.get(request.split(maxsplit=1)[0])
            fault = self.faults.pop(len(self.requests), None) or by_kind
        if self.gate is not None and request != "list":
            self.gate.pass_through(request)
        return fault


class Unrecorded:
    """A journal that nobody keeps, for tests of something else."""

    failure: str | None = None

    def sending(self, numbers: Sequence[int], nonces: Mapping[int, str]) -> None:
        """Say nothing."""

    def answered(self, answers: Sequence[tuple[int, SendResult]]) -> None:
        """Say nothing."""

    def delivered(self, results: Sequence[DeliveryResult]) -> None:
        """Say nothing."""

    def finished(self, outcomes: Sequence[Outcome], *, interrupted: bool) -> None:
        """Say nothing."""


def secret_of(client_id: int) -> Secret:
    """What the client of this id has for a secret: 40 letters and digits, as the platform makes them."""
    return Secret(f"{client_id:05d}{sha256(str(client_id).encode()).hexdigest()[:35]}")


def request_for(change: Change) -> str:
    """How a gateway that is asked for a change remembers it."""
    return f"create {change.name}" if isinstance(change, Create) else f"{type(change).__name__.lower()} {change.id}"


def _check(spec: ClientSpec) -> None:
    if not 1 <= len(spec.name) <= 255:
        raise Rejected("refused: name: is required, and has at most 255 characters")
    if (Grant.AUTHORIZATION_CODE in spec.grants) != bool(spec.redirect_urls):
        raise Rejected("refused: redirect: goes with the authorization code grant")
