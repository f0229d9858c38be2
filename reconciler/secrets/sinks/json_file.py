"""The sink `json`: one plaintext document, for this account only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.model.errors import SinkError
from reconciler.model.recipients import Held, Recipient, SinkAnswer
from reconciler.model.settings import JsonSinkSetting
from reconciler.secrets import files
from reconciler.secrets.paths import expand
from reconciler.secrets.plaintext_files import refuse_exposed
from reconciler.secrets.recipients import label_of
from reconciler.secrets.stored import Decrypt, Stored, stored_secret
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState

Document = dict[str, dict[str, Any]]

STAGED = "(staged)"
"""The key of what is not in use yet: `{instance: {id: {name, id, secret, owner}}}`. No instance can have this name."""


class JsonSink:
    """`{instance: {name: {id, secret, owner}}}`, in alphabetical order. Other instances are left unchanged."""

    stages = True

    def __init__(self, setting: JsonSinkSetting, instance: str, environ: Mapping[str, str]) -> None:
        """`environ` is for git, without credentials."""
        self._setting = setting
        self._environ = environ
        self._folder = setting.folder
        self._file = setting.folder / expand(setting.path, instance)
        self.label = label_of(setting)

    def covers(self, client: SinkClient) -> bool:
        """See `Sink`."""
        return self._setting.scope.covers(client.name, client.owner)

    def look(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. Nobody else may read the file, git must ignore it, and it must be ours or not exist."""
        refuse_exposed(self._file, self._folder, self._environ)
        self._read()

    def check(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. The file must also be writable."""
        self.look(clients)
        files.try_writing(self._file.parent, self._folder)

    def deliver(self, delivery: SecretDelivery) -> None:
        """See `Sink`."""
        client = delivery.client
        with files.locked(self._file.parent):
            refuse_exposed(self._file, self._folder, self._environ)
            before, document = self._read(), self._read()
            own = document.setdefault(client.instance, {})
            for name in [name for name, each in own.items() if _is(each, delivery.id)]:
                del own[name]
            own[client.name] = _entry(delivery)
            _take_staged(document, client, delivery.id)
            self._write(document, before)

    def stage(self, delivery: SecretDelivery) -> None:
        """See `Sink`."""
        client = delivery.client
        with files.locked(self._file.parent):
            refuse_exposed(self._file, self._folder, self._environ)
            before, document = self._read(), self._read()
            staged = document.setdefault(STAGED, {}).setdefault(client.instance, {})
            staged[str(delivery.id)] = {"name": client.name, **_entry(delivery)}
            self._write(document, before)

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        """See `Sink`."""
        with files.locked(self._file.parent):
            before, document = self._read(), self._read()
            entry = _take_staged(document, client, client_id) or _take_renamed(document, client, client_id)
            if entry is not None:
                refuse_exposed(self._file, self._folder, self._environ)
                kept = {key: value for key, value in entry.items() if key != "name"}
                document.setdefault(client.instance, {})[client.name] = kept
                self._write(document, before)
            return _is(document.get(client.instance, {}).get(client.name), client_id)

    def forget(self, client: SinkClient, client_id: int) -> None:
        """See `Sink`."""
        if not self._file.exists():
            return
        with files.locked(self._file.parent):
            before, document = self._read(), self._read()
            own = document.get(client.instance, {})
            for name in [name for name, each in own.items() if _is(each, client_id)]:
                del own[name]
            _take_staged(document, client, client_id)
            self._write(document, before)

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        """See `Sink`."""
        own = self._read().get(STAGED, {}).get(instance)
        entries = own.values() if isinstance(own, dict) else ()
        known = [(each.get("id"), each.get("name")) for each in entries if isinstance(each, dict)]
        return {number: name for number, name in known if isinstance(number, int) and isinstance(name, str)}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        """See `Sink`."""
        with files.locked(self._file.parent):
            before, document = self._read(), self._read()
            _take_staged(document, SinkClient(instance, url, ""), client_id)
            self._write(document, before)

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """See `Sink`."""
        document = self._read()
        return [_is(document.get(each.instance, {}).get(each.name), client_id) for each, client_id in clients]

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        """See `Sink`. The file says for which owner each client was delivered."""
        document = self._read()
        nothing = SinkAnswer(Held.NOTHING if self._file.exists() else Held.ABSENT)
        by_id = {
            (instance, entry["id"]): (name, entry.get("owner"))
            for instance, own in document.items()
            for name, entry in own.items()
            if isinstance(entry, dict) and isinstance(entry.get("id"), int)
        }
        return [
            self._traced(document, client, client_id, by_id.get((client.instance, client_id))) or nothing
            for client, client_id in clients
        ]

    def _traced(
        self, document: Document, client: SinkClient, client_id: int, there: tuple[str, object] | None
    ) -> SinkAnswer | None:
        """The answer for a client that is `there` under a name and for an owner; None without a trace of it."""
        in_use: Any = document.get(client.instance, {}).get(client.name)
        if _is(in_use, client_id):
            there = client.name, in_use.get("owner")
        if there is None:
            return SinkAnswer(Held.STAGED) if _staged_entry(document, client, client_id) is not None else None
        return self._answer(client, *there)

    def _answer(self, client: SinkClient, name: str, owner: object) -> SinkAnswer:
        if owner == client.owner:
            return SinkAnswer(Held.SAME if name == client.name else Held.RENAMED)
        place = expand(self._setting.path, client.instance)
        return SinkAnswer(
            Held.OTHER, (Recipient(owner if isinstance(owner, str) else None, "json", self.label, place),)
        )

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        """See `Sink`. Git has not got the file."""
        return ()

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """See `Sink`."""
        there = self._read().get(client.instance, {}).get(client.name)
        values = there if isinstance(there, dict) else {}
        return None if there is None else stored_secret(values.get("id"), values.get("secret"))

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """See `Sink`."""
        there = self._read().get(delivery.client.instance, {}).get(delivery.client.name)
        if there is None:
            return SinkState.MISSING
        return SinkState.CURRENT if there == _entry(delivery) else SinkState.STALE

    def _read(self) -> Document:
        content = files.read(self._file, self._folder)
        try:
            document = json.loads(content) if content else {}
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not all(map(_is_table, (document, document.get(STAGED, {})))):
            where = files.path_text(self._file, self._folder)
            hint = f"restore it, or give another path; {files.WITHOUT_IT}"
            raise SinkError(f"{where} is not a document of this sink", hint)
        return document

    def _write(self, document: Document, before: Document) -> None:
        if document != before:
            text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
            content = text.encode(errors="backslashreplace") + b"\n"
            files.write(self._file, content, files.PRIVATE, self._folder)


def _is_table(value: Any) -> bool:
    """Whether a value is an object of objects."""
    return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())


def _staged_entry(document: Document, client: SinkClient, client_id: int) -> dict[str, Any] | None:
    """What is staged for a client, under whatever name; None if nothing is, or it is for another owner."""
    own = document.get(STAGED, {}).get(client.instance)
    entry = own.get(str(client_id)) if isinstance(own, dict) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("secret"), str):
        return None
    return entry if (entry.get("id"), entry.get("owner")) == (client_id, client.owner) else None


def _take_staged(document: Document, client: SinkClient, client_id: int) -> dict[str, Any] | None:
    """Take out what is staged for a client, and return it if it is for this owner."""
    entry = _staged_entry(document, client, client_id)
    staged = document.get(STAGED, {})
    own = staged.get(client.instance)
    if isinstance(own, dict) and own.pop(str(client_id), None) is not None:
        if not own:
            del staged[client.instance]
        if not staged:
            del document[STAGED]
    return entry


def _take_renamed(document: Document, client: SinkClient, client_id: int) -> dict[str, Any] | None:
    """Take out what is in use for a client under another name, and return it if it is for this owner."""
    own = document.get(client.instance, {})
    if _is(own.get(client.name), client_id):
        return None
    names = [name for name, each in own.items() if _is(each, client_id) and each.get("owner") == client.owner]
    return own.pop(names[0]) if names else None


def _entry(delivery: SecretDelivery) -> dict[str, object]:
    return {"id": delivery.id, "secret": delivery.secret.reveal(), "owner": delivery.client.owner}


def _is(entry: Any, client_id: int) -> bool:
    return isinstance(entry, dict) and entry.get("id") == client_id
