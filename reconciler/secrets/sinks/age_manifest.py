"""The manifest of what an age sink has delivered: safe to commit, and shows without a key what is stale."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

from reconciler.model.errors import SinkError
from reconciler.secrets import files
from reconciler.secrets.payload import age_payload
from reconciler.secrets.values import SecretDelivery
from reconciler.support.frozen import frozen

NAME = ".delivered.json"
SHORTEST = 32
"""Characters. The platform's secrets have 40 random ones; a much shorter one could be guessed from its digest."""


@frozen
class ManifestEntry:
    """One delivered file."""

    url: str
    """The instance's identity."""
    id: int
    name: str
    recipients: str
    """A digest of the public keys."""
    file: str
    """A digest of the encrypted file."""
    salt: str
    content: str | None
    """A salted digest of what is encrypted; None for a secret that is too short to have one."""


def new_entry(delivery: SecretDelivery, recipients: Sequence[str], encrypted: bytes) -> ManifestEntry:
    """The entry for a file that is being written."""
    salt = secrets.token_hex(16)
    return ManifestEntry(
        url=delivery.client.url,
        id=delivery.id,
        name=delivery.client.name,
        recipients=recipients_digest(recipients),
        file=sha256(encrypted).hexdigest(),
        salt=salt,
        content=_content(salt, delivery),
    )


def is_current(
    entry: ManifestEntry, delivery: SecretDelivery, recipients: Sequence[str], encrypted: bytes
) -> bool | None:
    """Whether a file has exactly this content for these recipients; None if that is unknown."""
    if not is_as_written(entry, recipients, encrypted):
        return False
    if (entry.url, entry.id) != (delivery.client.url, delivery.id):
        return False
    return None if entry.content is None else entry.content == _content(entry.salt, delivery)


def is_as_written(entry: ManifestEntry, recipients: Sequence[str], encrypted: bytes) -> bool:
    """Whether a file is the one that was delivered, and for these recipients."""
    return entry.recipients == recipients_digest(recipients) and entry.file == sha256(encrypted).hexdigest()


def recipients_digest(recipients: Sequence[str]) -> str:
    """A digest of public keys that does not depend on their order."""
    return sha256("\n".join(sorted(recipients)).encode()).hexdigest()


def _content(salt: str, delivery: SecretDelivery) -> str | None:
    if len(delivery.secret.reveal()) < SHORTEST:
        return None
    return sha256(salt.encode() + age_payload(delivery)).hexdigest()


def load(directory: Path, folder: Path) -> dict[str, ManifestEntry]:
    """The manifest of a folder, by the path of each file in it. Raises SinkError."""
    path = directory / NAME
    files.refuse_links(path, folder)
    content = files.read(path, folder)
    try:
        return dict(_parsed(content or b"{}"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        hint = f"resolve the conflict that git left in it, or restore it; {files.WITHOUT_IT}"
        raise SinkError(f"{files.path_text(path, folder)} cannot be understood", hint) from None


@lru_cache(maxsize=4)
def _parsed(content: bytes) -> Mapping[str, ManifestEntry]:
    # Needed for each client, and seldom different from the last time.
    return {_below(name): _checked(ManifestEntry(**entry)) for name, entry in json.loads(content).items()}


def _checked(entry: ManifestEntry) -> ManifestEntry:
    """The entry, if every value has its kind; else TypeError."""
    texts = (entry.url, entry.name, entry.recipients, entry.file, entry.salt, entry.content or "")
    if not isinstance(entry.id, int) or not all(isinstance(text, str) for text in texts):
        raise TypeError
    return entry


def _below(name: str) -> str:
    """The path, if it stays in the folder; else ValueError. A pull request may put any path into the manifest."""
    name.encode()  # half of a character is no path
    if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() or "\\" in name or "\0" in name:
        raise ValueError(name)
    return name


def save(directory: Path, folder: Path, entries: dict[str, ManifestEntry]) -> None:
    """Write the manifest, one file per line, so that git can merge it. Raises SinkError."""
    files.refuse_links(directory / NAME, folder)
    lines = [_line(name, entries[name]) for name in sorted(entries)]
    files.write(directory / NAME, ("{\n" + ",\n".join(lines) + "\n}\n").encode(), 0o644, folder)


@lru_cache(maxsize=16_384)
def _line(name: str, entry: ManifestEntry) -> str:
    return f"{json.dumps(name)}: {json.dumps(asdict(entry))}"
