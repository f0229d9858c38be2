"""Serialise logins with shared credentials until one instance has accepted them.

Every refused login brings an account closer to being locked, and the credentials may belong to the same user on several
instances. So of many logins at once with a wrong password, only the first may be sent.
"""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from reconciler.live.http.retry import Pause
from reconciler.model.errors import LoginRefused


class AccountState:
    """What is known about one user name and password in this run."""

    def __init__(self) -> None:
        self.slot = Lock()
        """Held by the login under way, as long as none has succeeded."""
        self.accepted = False
        self.refused_by: str | None = None
        """The instance that refused them first."""


class LoginSlot:
    """One instance's login with an account, as a context: it has succeeded if it ends without an exception."""

    def __init__(self, account: AccountState, instance: str, pause: Pause) -> None:
        self._account = account
        self._instance = instance
        self._pause = pause
        self._holds = False

    def __enter__(self) -> LoginSlot:
        """Wait until it is this login's turn. Raises `LoginRefused` if an instance has refused the account."""
        self._take()
        if (refused_by := self._account.refused_by) is not None:
            self._give_up()
            raise LoginRefused(
                f"not tried: {refused_by} refused the same user name and password",
                "fix the account first, since every further try may lock it",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, LoginRefused):
            self.refuse()
        self._account.accepted |= error is None
        self._give_up()

    def refuse(self) -> None:
        """Try this account on no other instance: this one does not accept it, or does not any more."""
        self._account.refused_by = self._account.refused_by or self._instance

    def pause(self, seconds: float) -> bool | None:
        """Wait between two attempts. A login is retried only if nothing of it was sent: others may try meanwhile."""
        if not self._holds:
            return self._pause(seconds)
        self._give_up()
        if self._pause(seconds):
            return True
        self._take()
        return self._account.refused_by is not None

    def _take(self) -> None:
        if not self._account.accepted:
            self._account.slot.acquire()
            self._holds = True
        if self._account.accepted:  # perhaps while this login waited
            self._give_up()

    def _give_up(self) -> None:
        if self._holds:
            self._holds = False
            self._account.slot.release()
