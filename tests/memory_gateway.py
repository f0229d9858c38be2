"""The platform's auth clients in memory, with its known habits (observed on 4.15.6) and faults on order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.errors import GatewayError, Rejected, Unavailable, UnexpectedResponse
from reconciler.model import ClientSpec, Grant, Listing, LiveClient, UnsupportedClient

BIRTHDAY = datetime(2026, 1, 1, 12, tzinfo=UTC)

Problem = GatewayError | KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: it fails, after its effect or before it."""

    error: Problem
    done: bool = False


def lost(why: str = "the connection broke off") -> Fault:
    """The request is carried out, and its answer never arrives."""
    return Fault(Unavailable(why), done=True)


def refused_connection() -> Fault:
    """The request never arrives."""
    return Fault(Unavailable("connection refused"))


class MemoryGateway:
    """A `Gateway` whose names need not be unique, whose ids only rise, and whose deleted clients never come back.

    `faults` are by the number of the request, from 1; `fail` adds one for every later request of a kind.
    """

    def __init__(
        self,
        specs: Iterable[ClientSpec] = (),
        unsupported: Iterable[str] = (),
        faults: Mapping[int, Fault] | None = None,
    ) -> None:
        self.requests: list[str] = []
        self.faults = dict(faults or {})
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
        self._clients[client_id] = LiveClient(client_id, spec, BIRTHDAY + timedelta(days=client_id))

    def fail(self, kind: str, fault: Fault) -> None:
        """Let every request of a kind fail: list, create, update or delete."""
        self._by_kind[kind] = fault

    @property
    def live(self) -> Listing:
        """What is live, without a request."""
        there = [client for client in self._clients.values() if client.id not in self._revoked]
        return Listing(
            tuple(each for each in there if isinstance(each, LiveClient)),
            tuple(each for each in there if isinstance(each, UnsupportedClient)),
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
        fault = self._fault("list", "")
        if fault:
            raise fault.error
        return self.live

    def create_client(self, spec: ClientSpec) -> LiveClient:
        """A new client, whatever others there are of its name."""
        fault = self._fault("create", spec.name)
        if fault is None or fault.done:
            _check(spec)
            new = self.put(spec)
        if fault:
            raise fault.error
        made = self._clients[new]
        assert isinstance(made, LiveClient)
        return made

    def update_client(self, client_id: int, spec: ClientSpec) -> LiveClient:
        """The client with everything replaced. A deleted one is written to as well, and stays deleted."""
        fault = self._fault("update", str(client_id))
        if fault is None or fault.done:
            if client_id not in self._clients:
                raise Unavailable("the server failed (500)")
            _check(spec)
            self.overwrite(client_id, spec)
        if fault:
            raise fault.error
        if client_id in self._revoked:
            raise UnexpectedResponse(f"client {client_id} was deleted by somebody")
        return LiveClient(client_id, spec)

    def delete_client(self, client_id: int) -> None:
        """Revoke a client; again, if it is revoked already."""
        fault = self._fault("delete", str(client_id))
        if fault is None or fault.done:
            if client_id not in self._clients:
                raise Unavailable("the server failed (500)")
            self.revoke(client_id)
        if fault:
            raise fault.error

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _fault(self, kind: str, what: str) -> Fault | None:
        self.requests.append(f"{kind} {what}".strip())
        return self.faults.pop(len(self.requests), None) or self._by_kind.get(kind)


def _check(spec: ClientSpec) -> None:
    if not 1 <= len(spec.name) <= 255:
        raise Rejected("refused: name: is required, and has at most 255 characters")
    if (Grant.AUTHORIZATION_CODE in spec.grants) != bool(spec.redirect_url):
        raise Rejected("refused: redirect: goes with the authorization code grant")
