"""How instances are reached: one login an instance and run, and the embedded ones started on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock

from reconciler.live.gateway import Gateway
from reconciler.live.http.retry import Pause, RetryClock, pause_unless
from reconciler.live.platform.credentials import Credentials, read_credentials
from reconciler.live.platform.gateway import HttpGateway, connect
from reconciler.model.errors import Interrupted
from reconciler.model.secret import Secret
from reconciler.model.settings import CredentialNames, Instance
from reconciler.support.frozen import frozen
from reconciler.workflow.connect.login_slots import AccountState, LoginSlot

DEFAULT_TIMEOUT = 30.0
"""Seconds for one request in all."""


@frozen
class Endpoint:
    """Where an instance answers in this run."""

    instance: Instance
    url: str
    account: Credentials | None = None
    """That of an embedded instance; None where the settings say which account is meant."""


def locate(instance: Instance, stack: ExitStack) -> Endpoint:
    """Where an instance answers; an embedded one is started, until `stack` is closed. Raises `SandboxError`."""
    if instance.url is None or instance.credentials is None:
        return Endpoint(instance, *stack.enter_context(_embedded(instance)))
    return Endpoint(instance, instance.url)


class Sessions:
    """Logs in to instances, and never offers credentials again that one of them refused.

    One for a whole run, so that it remembers which those were. Safe to use from several threads: instances that share
    credentials log in one after the other until they were accepted once.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        timeout: float | None,
        *,
        connections: int = 1,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`connections` is how many requests may be under way at once; once `stop` says so, nothing is tried again."""
        self._environ = environ
        self._timeout = timeout
        self._connections = connections
        self._stop = stop
        self._pause = pause_unless(stop)
        self._accounts: dict[Credentials, AccountState] = {}
        self._lock = Lock()

    def open(self, instance: Instance, stack: ExitStack) -> Gateway:
        """The gateway of an instance, logged in; an embedded one is started first. Closing `stack` undoes both.

        Raises `CredentialsMissing`, `SandboxError`, `Interrupted` once the run is to stop, or a `GatewayError`.
        """
        return self.log_in(locate(instance, stack), stack)

    def log_in(self, place: Endpoint, stack: ExitStack, *, renewals: int = 1) -> HttpGateway:
        """The gateway of a located instance, logged in.

        A session that ends too early is renewed so many times. Raises `CredentialsMissing`, `Interrupted` once the run
        is to stop, or a `GatewayError`.
        """
        credentials = place.account or read_credentials(place.instance.credentials or CredentialNames(), self._environ)
        # The account of an embedded sandbox is its own, though its words are the same everywhere.
        account = AccountState() if place.account else self._account(credentials)
        with LoginSlot(account, place.instance.name, self._pause) as slot:
            if self._stop():
                raise Interrupted("not tried: interrupted")
            return stack.enter_context(self._connect(place, credentials, renewals, slot.pause))

    def timeout_of(self, instance: Instance) -> float:
        """Seconds for one request in all."""
        return self._timeout or instance.timeout or DEFAULT_TIMEOUT

    def _connect(
        self, place: Endpoint, credentials: Credentials, renewals: int, pause: Pause
    ) -> AbstractContextManager[HttpGateway]:
        instance = place.instance
        return connect(
            place.url,
            credentials,
            timeout=self.timeout_of(instance),
            ca_bundle=instance.ca_bundle,
            allow_http=instance.allow_http,
            embedded=instance.url is None,
            connections=self._connections,
            retry_clock=RetryClock(pause),
            renewals=renewals,
        )

    def _account(self, credentials: Credentials) -> AccountState:
        with self._lock:
            return self._accounts.setdefault(credentials, AccountState())


@contextmanager
def _embedded(instance: Instance) -> Iterator[tuple[str, Credentials]]:
    from reconciler.sandbox.accounts import ADMIN
    from reconciler.sandbox.server import running

    username, password = ADMIN
    with running(instance.embedded) as url:
        yield url, Credentials(Secret(username), Secret(password))
