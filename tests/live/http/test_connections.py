"""Connections: kept, shared by threads, and no more of them than threads."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Barrier, Lock, Thread
from typing import TYPE_CHECKING

import pytest

from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.model.secret import Secret
from reconciler.sandbox.serve import ADMIN, running
from tests.builders import spec

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ACCOUNT = Credentials(Secret(ADMIN[0]), Secret(ADMIN[1]))


class Connections:
    """Remembers which connections the requests came through; writes wait until so many have come together."""

    def __init__(self, at_once: int) -> None:
        self._barrier = Barrier(at_once, timeout=60)
        self._lock = Lock()
        self.ports: list[str] = []

    @property
    def number(self) -> int:
        """How many there were."""
        return len(set(self.ports))

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def noted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._lock:
                self.ports.append(str(environ["REMOTE_PORT"]))
            if environ["REQUEST_METHOD"] in ("PUT", "DELETE"):
                self._barrier.wait()
            return app(environ, start_response)

        return noted


def test_one_thread_needs_one_connection() -> None:
    """Also across answers without a body, of the login and of deletes."""
    connections = Connections(1)
    with running(None, middleware=connections) as url, connect(url, ACCOUNT) as gateway:
        gateway.list_clients()
        for name in ("One", "Two"):
            gateway.delete_client(gateway.create_client(spec(name)).id)
    assert (len(connections.ports), connections.number) == (7, 1)


@pytest.mark.parametrize("threads", [1, 8, 12])
def test_so_many_threads_need_so_many_connections_and_none_is_thrown_away(threads: int) -> None:
    connections = Connections(threads)
    with (
        running(None, middleware=connections) as url,
        connect(url, ACCOUNT, connections=threads) as gateway,
    ):
        made = [gateway.create_client(spec(f"Client {number}")) for number in range(threads)]

        all_answered = Barrier(threads, timeout=60)

        def write(client_id: int) -> None:
            for _ in range(5):
                gateway.update_client(client_id, spec("Changed"))
                # Else each thread might take back the connection that it has just given back, the only one kept.
                all_answered.wait()
            gateway.delete_client(client_id)

        workers = [Thread(target=write, args=(client.id,)) for client in made]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        gateway.list_clients()
    assert len(connections.ports) == 1 + threads + 6 * threads + 1 + 1
    assert connections.number == threads
