"""Sending changes one after another, each at most once, and remembering what forbids the next ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from reconciler.applying.report import Failed, Skipped
from reconciler.errors import GatewayError, LoginRefused, NotAuthenticated, NotPermitted, Rejected, Unavailable
from reconciler.live.gateway import Gateway
from reconciler.planning.plan import Change, Create, Delete, Update


@dataclass(frozen=True, slots=True)
class Sent:
    """A change that was answered as done. The next look at the instance has the last word."""

    change: Change
    id: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A change that was sent, or may have been, and whose answer does not say what became of it."""

    change: Change
    error: GatewayError


Attempt = Sent | Unanswered | Failed | Skipped

_WHY_DELETES_WAIT = "deletes start only after every other change has succeeded"


class Writer:
    """Writes to one instance. It stops when the account is refused or somebody interrupts, and asks nothing twice."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._stopped: str | None = None
        self._forbidden: dict[type[Change], str] = {}
        self._deletes_wait = False
        self.login_refused = False
        self.interrupted = False

    def attempt(self, change: Change) -> Attempt:
        """Send the change, unless something forbids it. Deletes are to be attempted last."""
        reason = self._why_not(change)
        attempt = Skipped(change, reason) if reason else self._try(change)
        if not isinstance(attempt, Sent) and not isinstance(change, Delete):
            self._deletes_wait = True
        return attempt

    def interrupt(self) -> None:
        """Send nothing any more."""
        self.interrupted = True
        self._stopped = "interrupted"

    def _why_not(self, change: Change) -> str | None:
        if self._stopped:
            return self._stopped
        if self._deletes_wait and isinstance(change, Delete):
            return _WHY_DELETES_WAIT
        return self._forbidden.get(type(change))

    def _try(self, change: Change) -> Attempt:
        try:
            return Sent(change, self._send(change))
        except KeyboardInterrupt:
            self.interrupt()
            return Unanswered(change, Unavailable("interrupted before the instance answered"))
        except (Rejected, NotPermitted, NotAuthenticated, LoginRefused) as error:
            self._heed(change, error)
            return Failed(change, error)
        except GatewayError as error:
            return Unanswered(change, error)

    def _send(self, change: Change) -> int:
        match change:
            case Create():
                return self._gateway.create_client(change.after).id
            case Update():
                return self._gateway.update_client(change.id, change.after).id
            case Delete():
                self._gateway.delete_client(change.id)
                return change.id
            case _:
                assert_never(change)

    def _heed(self, change: Change, error: GatewayError) -> None:
        """Remember what an answer says about the next changes, so that no request is spent on a known answer."""
        if isinstance(error, NotPermitted):
            self._forbidden[type(change)] = f"the account may not {type(change).__name__.lower()} auth clients"
        elif isinstance(error, LoginRefused):
            self.login_refused = True
            self._stopped = "the instance does not accept the account any more"
        elif isinstance(error, NotAuthenticated):
            self._stopped = "the session has ended"
