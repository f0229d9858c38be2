"""How instances are reached: one login an instance and run, and the embedded ones started on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from reconciler.errors import LoginRefused
from reconciler.live.credentials import Credentials, read_credentials
from reconciler.live.gateway import Gateway
from reconciler.live.http_gateway import connect
from reconciler.live.persistence import Patience, pause_unless
from reconciler.secret import Secret
from reconciler.settings import CredentialNames, Instance

DEFAULT_TIMEOUT = 30.0
"""Seconds for one request in all."""


class Sessions:
    """Logs in to instances, and never offers credentials again that one of them refused.

    One for a whole run, so that it remembers which those were.
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
        self._patience = Patience(pause_unless(stop))
        self._refused: dict[Credentials, str] = {}

    def open(self, instance: Instance, stack: ExitStack) -> Gateway:
        """The gateway of an instance, logged in; an embedded one is started first. Closing `stack` undoes both.

        Raises `CredentialsMissing`, `SandboxError` or a `GatewayError`.
        """
        if instance.url is None or instance.credentials is None:
            url, credentials = stack.enter_context(_embedded(instance))
            return stack.enter_context(self._connect(instance, url, credentials))
        credentials = self._credentials(instance.name, instance.credentials)
        try:
            return stack.enter_context(self._connect(instance, instance.url, credentials))
        except LoginRefused:
            self._refused[credentials] = instance.name
            raise

    def _connect(self, instance: Instance, url: str, credentials: Credentials) -> AbstractContextManager[Gateway]:
        return connect(
            url,
            credentials,
            timeout=self._timeout or instance.timeout or DEFAULT_TIMEOUT,
            ca_bundle=instance.ca_bundle,
            allow_http=instance.allow_http,
            embedded=instance.url is None,
            connections=self._connections,
            patience=self._patience,
        )

    def _credentials(self, instance: str, names: CredentialNames) -> Credentials:
        credentials = read_credentials(names, self._environ)
        if (refused_by := self._refused.get(credentials)) is not None:
            raise LoginRefused(
                f"not tried: {refused_by} refused the same user name and password",
                "mend the account first, since every further try may lock it",
            )
        return credentials


@contextmanager
def _embedded(instance: Instance) -> Iterator[tuple[str, Credentials]]:
    from reconciler.sandbox.accounts import ADMIN
    from reconciler.sandbox.server import running

    username, password = ADMIN
    with running(instance.embedded) as url:
        yield url, Credentials(Secret(username), Secret(password))
