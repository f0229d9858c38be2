"""Private keys that open age files: read only to try what is stored. Nothing of a key is ever shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reconciler.model.errors import WrongUsage
from reconciler.support.text import quoted

_LARGEST = 64 * 1024
"""Bytes of a file with private keys."""
_LONGEST = 500
"""Characters of a path in a message."""
_HINT = "give the file of `age-keygen`, or an SSH private key without a passphrase"


def open_identities(paths: Sequence[Path]) -> Callable[[bytes], bytes | None]:
    """What decrypts age files with the private keys in these files. Raises WrongUsage for a file without one."""
    identities = [identity for path in paths for identity in _identities(path)]

    def decrypt(encrypted: bytes) -> bytes | None:
        import pyrage

        try:
            content: bytes = pyrage.decrypt(encrypted, identities)
        except pyrage.DecryptError:
            return None
        return content

    return decrypt


def _identities(path: Path) -> list[Any]:
    import pyrage

    content = _read(path)
    try:
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise WrongUsage(f"{quoted(str(path), _LONGEST)} has no private key that can be used", _HINT) from None
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as problem:
        why = (problem.strerror or type(problem).__name__).lower()
        raise WrongUsage(f"cannot read {quoted(str(path), _LONGEST)}: {why}", _HINT) from None
