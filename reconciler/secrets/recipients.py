"""Resolve who gets a client's secret from a sink, as a value without any secret."""

from __future__ import annotations

import os
import shlex
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha1, sha256
from pathlib import Path
from typing import assert_never

from reconciler.git.repository_paths import find_repository
from reconciler.model.errors import GitError
from reconciler.model.recipients import Recipient
from reconciler.model.settings import (
    AgeSinkSetting,
    CommandSinkSetting,
    DotenvSinkSetting,
    JsonSinkSetting,
    SinkSetting,
)
from reconciler.secrets.paths import expand, file_of
from reconciler.secrets.values import SinkClient
from reconciler.support.text import printable

ReadFile = Callable[[Path], bytes | None]
"""The content of a file of the project; None for what is no file, or is none of the project's."""


def label_of(setting: SinkSetting) -> str:
    """The sink's name in messages and reports: its kind and its place, as configured."""
    match setting:
        case AgeSinkSetting(path=path):
            return f"age {printable(path)}"
        case DotenvSinkSetting(path=path):
            return f"dotenv {printable(path)}"
        case JsonSinkSetting(path=path):
            return f"json {printable(path)}"
        case CommandSinkSetting(run=run):
            return f"command {printable(Path(run[0]).name)}"
        case _:
            assert_never(setting)


class RecipientResolver:
    """Who gets secrets from the sinks of one instance, by the settings of one revision."""

    def __init__(self, sinks: Sequence[SinkSetting], owners: Mapping[str, Sequence[str]], read: ReadFile) -> None:
        """`owners` are the public keys of each owner. `read` reads the files of that revision."""
        self._sinks = tuple(sinks)
        self._owners = owners
        self._read = read
        self._programs: dict[CommandSinkSetting, tuple[str, ...]] = {}

    def resolve(self, number: int, client: SinkClient) -> Recipient:
        """Who gets the secret of a client from the sink with this number, which must cover the client."""
        setting, label = self._sinks[number], label_of(self._sinks[number])
        match setting:
            case AgeSinkSetting(path=path):
                keys = tuple(sorted(map(fingerprint, self._owners.get(client.owner or "", ()))))
                return Recipient(client.owner, "age", label, file_of(path, client), keys)
            case DotenvSinkSetting(path=path):
                return Recipient(client.owner, "dotenv", label, expand(path, client.instance))
            case JsonSinkSetting(path=path):
                return Recipient(client.owner, "json", label, expand(path, client.instance))
            case CommandSinkSetting():
                words = shlex.join(setting.run)
                return Recipient(client.owner, "command", label, words, programs=self._programs_of(setting))
            case _:
                assert_never(setting)

    def recipients(self, client: SinkClient, named: str | None = None) -> tuple[Recipient, ...]:
        """Everybody who gets the secret of a client; with `named`, as if it had that name in its places."""
        placed = client if named is None else SinkClient(client.instance, client.url, named, client.owner)
        covering = (n for n, each in enumerate(self._sinks) if each.scope.covers(client.name, client.owner))
        return tuple(self.resolve(number, placed) for number in covering)

    def _programs_of(self, setting: CommandSinkSetting) -> tuple[str, ...]:
        if setting not in self._programs:
            self._programs[setting] = tuple(_programs(setting, self._read))
        return self._programs[setting]


def _programs(setting: CommandSinkSetting, read: ReadFile) -> Iterator[str]:
    """The files of the project that a command names, each with the blob id of its content."""
    for number, word in enumerate(setting.run):
        if number == 0 and "/" not in word:
            continue  # it is looked up on the PATH
        content = read(setting.folder / word)
        if content is not None:
            yield f"{word} {blob_id(content)}"


def blob_id(content: bytes) -> str:
    """The id that git gives a file with this content, in a repository of its default format."""
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def fingerprint(key: str) -> str:
    """The fingerprint of a public key: of an SSH key as `ssh-keygen -l` shows it, of an age key over its text."""
    kind, _, rest = key.partition(" ")
    if not kind.startswith("ssh-"):
        return f"age {_digest(key.encode())}"
    try:
        return f"{kind} {_digest(b64decode(rest.split(' ')[0]))}"
    except Error:  # it is no key: then nothing is encrypted to it either
        return f"{kind} {_digest(key.encode())}"


def _digest(content: bytes) -> str:
    return f"SHA256:{b64encode(sha256(content).digest()).decode().rstrip('=')}"


def reading_below(folder: Path, environ: Mapping[str, str]) -> ReadFile:
    """Read files of the work tree: only those in the repository of a folder, or in the folder where there is none."""
    try:
        found = find_repository(folder, environ)
    except GitError:
        found = None
    root = found.work_tree if found is not None else Path(os.path.realpath(folder))

    def read(path: Path) -> bytes | None:
        real = Path(os.path.realpath(path))
        try:
            return real.read_bytes() if real.is_relative_to(root) and real.is_file() else None
        except OSError:
            return None

    return read
