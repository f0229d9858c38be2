"""The sink `age`: one file per client, encrypted to its owner's public keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.model.recipients import Held, Recipient, SinkAnswer
from reconciler.model.settings import AgeSinkSetting
from reconciler.secrets import files
from reconciler.secrets.age_header import openers, openers_of
from reconciler.secrets.age_recipients import encrypt
from reconciler.secrets.collisions import refuse_collisions
from reconciler.secrets.paths import file_of
from reconciler.secrets.payload import age_payload
from reconciler.secrets.recipients import fingerprint, label_of
from reconciler.secrets.sinks import age_manifest
from reconciler.secrets.sinks.age_manifest import ManifestEntry
from reconciler.secrets.sinks.age_places import AgePlaces, is_staged
from reconciler.secrets.stored import Decrypt, Stored, decrypted_secret
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.support.text import printable, quoted

FILE_MODE = 0o644
"""The mode of the files: anyone may read them, since they are encrypted."""


class AgeSink:
    """Encrypted files below one folder, with a manifest of what was delivered (`age_manifest.py`)."""

    stages = True

    def __init__(self, setting: AgeSinkSetting, instance: str, recipients: Mapping[str, Sequence[str]]) -> None:
        """`recipients` are the public keys of each owner."""
        self._setting = setting
        self._recipients = recipients
        self._folder = setting.folder
        self._places = AgePlaces(setting, instance)
        self._root = self._places.root
        self.label = label_of(setting)

    def covers(self, client: SinkClient) -> bool:
        """See `Sink`."""
        return self._setting.scope.covers(client.name, client.owner)

    def look(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. Every owner must have recipients, and no two clients the same file."""
        for client in clients:
            self._keys(client)
        refuse_collisions(clients, lambda client: file_of(self._setting.path, client), "file")
        age_manifest.load(self._root, self._folder)
        for client in clients:
            files.refuse_links(self._places.file(client), self._folder)

    def check(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. Files must also be writable."""
        self.look(clients)
        files.try_writing(self._root, self._folder)

    def deliver(self, delivery: SecretDelivery) -> None:
        """See `Sink`. A file that is current is not encrypted again, so that git shows no change."""
        keys = self._keys(delivery.client)
        file = self._places.file(delivery.client)
        files.refuse_links(file, self._folder)
        files.make_folder(file.parent, self._folder)
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            former = self._former(delivery, entries)
            if not former and self._held(delivery, entries) is SinkState.CURRENT:
                return
            for name in former:
                self._places.refuse_removal(name, entries.get(name))
            encrypted = encrypt(age_payload(delivery), keys)
            files.write(file, encrypted, FILE_MODE, self._folder)
            for name in former:
                self._places.remove(name)
                entries.pop(name, None)
            entries[self._places.key(file)] = age_manifest.new_entry(delivery, keys, encrypted)
            age_manifest.save(self._root, self._folder, entries)

    def stage(self, delivery: SecretDelivery) -> None:
        """See `Sink`. It is a file of its own, encrypted like the one in use."""
        keys, file = self._keys(delivery.client), self._places.staged(delivery.client, delivery.id)
        files.refuse_links(file, self._folder)
        files.make_folder(file.parent, self._folder)
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            encrypted = encrypt(age_payload(delivery), keys)
            files.write(file, encrypted, FILE_MODE, self._folder)
            entries[self._places.key(file)] = age_manifest.new_entry(delivery, keys, encrypted)
            age_manifest.save(self._root, self._folder, entries)

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        """See `Sink`. The same file, at the place of the one in use: no key is needed."""
        if not self._root.is_dir():
            return False
        file = self._places.file(client)
        files.refuse_links(file, self._folder)
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            names = [name for name, entry in entries.items() if (entry.url, entry.id) == (client.url, client_id)]
            for name, encrypted in list(self._kept(client, names, entries)):
                files.write(file, encrypted, FILE_MODE, self._folder)
                self._places.remove(name)
                entries[self._places.key(file)] = replace(entries.pop(name), name=client.name)
                age_manifest.save(self._root, self._folder, entries)
            return self._is_present(client, client_id, entries)

    def _kept(
        self, client: SinkClient, names: Iterable[str], entries: Mapping[str, ManifestEntry]
    ) -> Iterator[tuple[str, bytes]]:
        """What is staged for a client, or in use under another name, for the owner's current keys; by its file.

        `names` are the files that it has. After a run that was killed while it put one into use, the content may be at
        the place of the one in use already.
        """
        keys = self._recipients.get(client.owner or "", ())
        here = self._places.file(client)
        for name in sorted(names, key=lambda name: (not is_staged(name), name)):
            entry = entries[name]
            named = replace(client, name=entry.name)
            if name == self._places.key(here) or name not in map(
                self._places.key, (self._places.staged(named, entry.id), self._places.file(named))
            ):
                continue
            for place in (self._root / name, here):
                files.refuse_links(place, self._folder)
                encrypted = files.read(place, self._folder)
                if encrypted is not None and age_manifest.is_as_written(entry, keys, encrypted):
                    if openers(encrypted) == openers_of(keys):  # else the manifest does not tell the truth
                        yield name, encrypted
                    break

    def forget(self, client: SinkClient, client_id: int) -> None:
        """See `Sink`."""
        staged = self._places.staged(client, client_id)
        # Perhaps without an entry: a run may have been killed right after it wrote the file.
        unnamed = [self._places.key(staged)] if staged.exists() else []
        self._forget(lambda name, entry: (entry.url, entry.id) == (client.url, client_id), unnamed)

    def _forget(self, is_gone: Callable[[str, ManifestEntry], bool], unnamed: Iterable[str] = ()) -> None:
        """Remove files by their entries in the manifest, and those that have perhaps none."""
        if not self._root.is_dir():
            return
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            known = {name for name, entry in entries.items() if is_gone(name, entry)}
            gone = sorted(known.union(unnamed))
            for name in gone:
                self._places.refuse_removal(name, entries.get(name))
            for name in gone:
                self._places.remove(name)
                entries.pop(name, None)
            if known:
                age_manifest.save(self._root, self._folder, entries)

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        """See `Sink`."""
        entries = age_manifest.load(self._root, self._folder)
        return {entry.id: entry.name for name, entry in entries.items() if entry.url == url and is_staged(name)}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        """See `Sink`."""
        self._forget(lambda name, entry: is_staged(name) and (entry.url, entry.id) == (url, client_id))

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """See `Sink`. A file that is encrypted to recipients other than the owner's current ones does not count."""
        entries = age_manifest.load(self._root, self._folder)
        return [self._is_present(client, client_id, entries) for client, client_id in clients]

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        """See `Sink`. The manifest says it; a file that is not in the manifest, as far as its header does."""
        entries = age_manifest.load(self._root, self._folder)
        known = bool(entries) or (self._root / age_manifest.NAME).exists()
        by_client: dict[tuple[str, int], list[str]] = {}
        for name, entry in entries.items():
            by_client.setdefault((entry.url, entry.id), []).append(name)
        nothing = SinkAnswer(Held.NOTHING if known else Held.ABSENT)
        return [self._traced(client, by_client.get((client.url, n), ()), entries) or nothing for client, n in clients]

    def _traced(
        self, client: SinkClient, names: Sequence[str], entries: Mapping[str, ManifestEntry]
    ) -> SinkAnswer | None:
        file, keys = self._places.file(client), self._recipients.get(client.owner or "", ())
        files.refuse_links(file, self._folder)
        here, encrypted = self._places.key(file), files.read(file, self._folder)
        if here in names and entries[here].recipients == age_manifest.recipients_digest(keys):
            if encrypted is None or not age_manifest.is_as_written(entries[here], keys, encrypted):
                return SinkAnswer(Held.LOST)
            if openers(encrypted) == openers_of(keys):  # else the manifest does not tell the truth
                return SinkAnswer(Held.SAME)
        if names:
            return self._elsewhere(client, sorted(names), entries)
        if encrypted is None:
            return None
        found = tuple(f"{each} (by the header of the file)" for each in openers(encrypted) or ("not an age file",))
        return SinkAnswer(Held.OTHER, (Recipient(None, "age", self.label, self._places.shown(here), found),))

    def _elsewhere(self, client: SinkClient, names: Sequence[str], entries: Mapping[str, ManifestEntry]) -> SinkAnswer:
        """The answer for a client whose secret is in other files than the one in use."""
        for name, _ in self._kept(client, names, entries):
            return SinkAnswer(Held.STAGED if is_staged(name) else Held.RENAMED)
        if any(self._is_earlier_name(client, name, entries[name]) for name in names):
            return SinkAnswer(Held.LOST)
        return SinkAnswer(Held.OTHER, tuple(self._recorded(name, entries[name]) for name in names))

    def _is_earlier_name(self, client: SinkClient, name: str, entry: ManifestEntry) -> bool:
        """Whether a file is that of the same client, for the same keys, before a rename that broke off."""
        keys = self._recipients.get(client.owner or "", ())
        place = self._places.key(self._places.file(replace(client, name=entry.name)))
        renamed = entry.name != client.name and place == name
        return renamed and entry.recipients == age_manifest.recipients_digest(keys)

    def _recorded(self, name: str, entry: ManifestEntry) -> Recipient:
        """Who a file was encrypted for: the owner whose keys have the digest in the manifest."""
        for owner, keys in sorted(self._recipients.items()):
            if entry.recipients == age_manifest.recipients_digest(keys):
                return Recipient(
                    owner, "age", self.label, self._places.shown(name), tuple(sorted(map(fingerprint, keys)))
                )
        return Recipient(None, "age", self.label, self._places.shown(name), ("keys that no owner has today",))

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        """See `Sink`. The manifest, and every file of the client."""
        entries = age_manifest.load(self._root, self._folder)
        named = (name for name, entry in entries.items() if (entry.url, entry.id) == (client.url, client_id))
        return [self._root / age_manifest.NAME, self._places.file(client), *(self._root / name for name in named)]

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """See `Sink`."""
        file = self._places.file(client)
        files.refuse_links(file, self._folder)
        encrypted = files.read(file, self._folder)
        return None if encrypted is None else decrypted_secret(encrypted, decrypt, client.url)

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """See `Sink`. No private key is needed."""
        return self._held(delivery, age_manifest.load(self._root, self._folder))

    def _held(self, delivery: SecretDelivery, entries: Mapping[str, ManifestEntry]) -> SinkState:
        file = self._places.file(delivery.client)
        files.refuse_links(file, self._folder)
        encrypted = files.read(file, self._folder)
        if encrypted is None:
            return SinkState.MISSING
        entry = entries.get(self._places.key(file))
        if entry is None:
            return SinkState.UNKNOWN
        current = age_manifest.is_current(entry, delivery, self._keys(delivery.client), encrypted)
        return SinkState.UNKNOWN if current is None else SinkState.CURRENT if current else SinkState.STALE

    def _is_present(self, client: SinkClient, client_id: int, entries: Mapping[str, ManifestEntry]) -> bool:
        file = self._places.file(client)
        files.refuse_links(file, self._folder)
        entry, encrypted = entries.get(self._places.key(file)), files.read(file, self._folder)
        if entry is None or encrypted is None or (entry.url, entry.id) != (client.url, client_id):
            return False
        return age_manifest.is_as_written(entry, self._recipients.get(client.owner or "", ()), encrypted)

    def _former(self, delivery: SecretDelivery, entries: Mapping[str, ManifestEntry]) -> list[str]:
        """The files that this client had under another name or owner."""
        client, here = delivery.client, self._places.key(self._places.file(delivery.client))
        found = {name for name, entry in entries.items() if (entry.url, entry.id) == (client.url, delivery.id)}
        if delivery.previous_name is not None:
            before = SinkClient(client.instance, client.url, delivery.previous_name, client.owner)
            file = self._places.file(before)
            if self._places.key(file) not in entries and file.is_file():
                found.add(self._places.key(file))
        return sorted(found - {here})

    def _keys(self, client: SinkClient) -> Sequence[str]:
        if client.owner is None:
            hint = "add `owner:` to it, or limit the sink to some owners: `owners: [team-portal]`"
            raise SinkError(f"{quoted(client.name)} has no owner, so nobody can open its secret", hint)
        keys = self._recipients.get(client.owner)
        if not keys:
            hint = f"add it to reconciler.yaml: owners: {{{printable(client.owner)}: {{age: [age1…]}}}}"
            raise SinkError(f"{quoted(client.owner)}, the owner of {quoted(client.name)}, has no age recipients", hint)
        return keys
