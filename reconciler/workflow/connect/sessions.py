"""Log in to instances, once per instance and run; embedded instances are started first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock

from reconciler.live.gateway import Gateway
from reconciler.live.http.retry import RetryClock, pause_unless
from reconciler.live.platform.credentials import Credentials, read_credentials
from reconciler.live.platform.gateway import HttpGateway, connect
from reconciler.live.platform.server_words import ServerWords
from reconciler.model.errors import CredentialsMissing, Interrupted
from reconciler.model.secret import Secret
from reconciler.model.settings import DEFAULT_TIMEOUT, CredentialNames, Instance
from reconciler.support.frozen import frozen
from reconciler.workflow.connect.login_slots import AccountState, LoginSlot


@frozen
class Endpoint:
    """The URL of an instance in this run."""

    instance: Instance
    url: str
    account: Credentials | None = None
    """The account of an embedded instance; None if the settings name one."""


def locate(instance: Instance, stack: ExitStack) -> Endpoint:
    """Find an instance's URL; start an embedded instance, until `stack` is closed. Raises `SandboxError`."""
    if instance.url is None or instance.credentials is None:
        return Endpoint(instance, *stack.enter_context(_embedded(instance)))
    return Endpoint(instance, instance.url)


class Sessions:
    """Log in to instances, but never again with credentials that one of them refused.

    Use one for a whole run, so that it remembers refused credentials. Safe to use from several threads: instances that
    share credentials log in one after the other until they were accepted once.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        timeout: float | None,
        *,
        connections: int = 1,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`connections` is the maximum number of requests at once; once `stop` returns True, nothing is retried."""
        self._environ = environ
        self._timeout = timeout
        self._connections = connections
        self._stop = stop
        self._pause = pause_unless(stop)
        self._accounts: dict[Credentials, AccountState] = {}
        self._lock = Lock()

    def open(self, instance: Instance, stack: ExitStack) -> Gateway:
        """Log in to an instance and return its gateway; an embedded one is started first. Closing `stack` undoes both.

        Raises `CredentialsMissing`, `SandboxError`, `Interrupted` once the run is to stop, or a `GatewayError`.
        """
        return self.log_in(locate(instance, stack), stack)

    def log_in(self, place: Endpoint, stack: ExitStack, *, renewals: int = 1) -> HttpGateway:
        """Log in to a located instance and return its gateway.

        A session that ends too early is renewed `renewals` times. Raises `CredentialsMissing`, `Interrupted` once the
        run is to stop, or a `GatewayError`.
        """
        credentials = self._credentials(place)
        # Each embedded sandbox has its own account, though user name and password are the same in all.
        account = AccountState() if place.account else self._account(credentials)
        with LoginSlot(account, place.instance.name, self._pause) as slot:
            if self._stop():
                raise Interrupted("not tried: interrupted")
            return stack.enter_context(self._connect(place, credentials, renewals, slot))

    def words_of(self, place: Endpoint) -> ServerWords | None:
        """What masks the password of an instance in words of its server; None if the credentials are missing."""
        try:
            return ServerWords(self._credentials(place))
        except CredentialsMissing:
            return None

    def _credentials(self, place: Endpoint) -> Credentials:
        return place.account or read_credentials(place.instance.credentials or CredentialNames(), self._environ)

    def timeout_of(self, instance: Instance) -> float:
        """Total timeout per request in seconds."""
        return self._timeout or instance.timeout or DEFAULT_TIMEOUT

    def _connect(
        self, place: Endpoint, credentials: Credentials, renewals: int, slot: LoginSlot
    ) -> AbstractContextManager[HttpGateway]:
        instance = place.instance
        return connect(
            place.url,
            credentials,
            timeout=self.timeout_of(instance),
            ca_bundle=instance.ca_bundle,
            client_certificate=instance.client_certificate,
            allow_http=instance.allow_http,
            embedded=instance.url is None,
            connections=self._connections,
            retry_clock=RetryClock(slot.pause),
            renewals=renewals,
            on_refused=slot.refuse,
        )

    def _account(self, credentials: Credentials) -> AccountState:
        with self._lock:
            return self._accounts.setdefault(credentials, AccountState())


@contextmanager
def _embedded(instance: Instance) -> Iterator[tuple[str, Credentials]]:
    from reconciler.sandbox.accounts import ADMIN
    from reconciler.sandbox.serve import running

    username, password = ADMIN
    # Over http, a cookie for https only would not come back.
    with running(instance.embedded, platform=instance.platform, settings={"session.secure": "false"}) as url:
        yield url, Credentials(Secret(username), Secret(password))
