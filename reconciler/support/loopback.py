"""Facts about host names that need no DNS query."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)  # thousands of redirect URLs point to a few hosts
def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost` or below it (RFC 6761 section 6.3), 127.0.0.0/8, or ::1.

    Takes the host without brackets and port, in upper or lower case. Makes no DNS query.
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return (name.startswith("127.") or ":" in name) and _is_loopback_address(name)


def _is_loopback_address(name: str) -> bool:
    import ipaddress  # few hosts are addresses

    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
