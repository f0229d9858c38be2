"""Ports on which something can be started more than once."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

_GIVEN_AWAY = Path("/proc/sys/net/ipv4/ip_local_port_range")


def port_to_return_to() -> int:
    """A free port below those that the system gives away.

    So nobody else gets it by chance while nothing listens there. Not from `random`, which Hypothesis seeds alike in all
    processes.
    """
    first = int(_GIVEN_AWAY.read_text().split()[0]) if _GIVEN_AWAY.exists() else 32768
    while True:
        port = SystemRandom().randrange(first - 12_000, first)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
