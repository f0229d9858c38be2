"""A PowerDNS, as fast or slow as it is told: what an octoDNS plan reads of its API, in a process of its own.

It has one zone with N records, as `peers.write_zone` declares them, and nothing else.

python -m tests.benchmarks.powerdns N MILLISECONDS
"""

from __future__ import annotations

import json
import sys

from tests.benchmarks.answers import Answers, serve

API = "/api/v1/servers/localhost"
ZONE = "example.com."


class PowerDns(Answers):
    """The server's version, its settings and its only zone."""

    paths: dict[str, bytes]

    def get(self) -> None:
        """Answer what one of the paths has."""
        found = self.paths.get(self.path.removesuffix("/"))
        self.answer(404 if found is None else 200, found or b"{}")


def paths(number: int) -> dict[str, object]:
    """What is to be found where, with so many records."""
    records = [_record(f"host-{each:06}.{ZONE}", f"192.0.2.{each % 250}") for each in range(number)]
    return {
        API: {"type": "Server", "id": "localhost", "daemon_type": "authoritative", "version": "4.9.4"},
        f"{API}/config": [],
        f"{API}/zones/{ZONE}": {"id": ZONE, "name": ZONE, "kind": "Native", "rrsets": records},
    }


def _record(name: str, address: str) -> dict[str, object]:
    records = [{"content": address, "disabled": False}]
    return {"name": name, "type": "A", "ttl": 300, "records": records, "comments": []}


def main() -> None:
    """Serve as many records as the first argument says, as slow as the second says; print the URL first."""
    PowerDns.paths = {path: json.dumps(found).encode() for path, found in paths(int(sys.argv[1])).items()}
    serve(PowerDns, int(sys.argv[2]))


if __name__ == "__main__":
    main()
