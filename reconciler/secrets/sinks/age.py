"""The sink `age`: one file per client, encrypted to its owner's public keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.model.recipients import Held, Recipient, SinkAnswer
from reconciler.model.settings import AgeSinkSetting
from reconciler.secrets import files
from reconciler.secrets.age_header import openers, openers_of
from reconciler.secrets.age_recipients import encrypt, is_age
from reconciler.secrets.collisions import refuse_collisions
from reconciler.secrets.paths import file_of, file_pattern, fixed_folder
from reconciler.secrets.payload import age_payload
from reconciler.secrets.recipients import fingerprint, label_of
from reconciler.secrets.sinks import age_manifest
from reconciler.secrets.sinks.age_manifest import ManifestEntry
from reconciler.secrets.stored import Decrypt, Stored, decrypted_secret
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.support.text import printable, quoted

_STAGED = ".staged"
"""What the name of a file ends in that is not in use yet, after the client's id."""
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
        self._root = setting.folder / fixed_folder(setting.path, instance)
        self._pattern = file_pattern(setting.path, instance)
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
            files.refuse_links(self._file(client), self._folder)

    def check(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. Files must also be writable."""
        self.look(clients)
        files.try_writing(self._root, self._folder)

    def deliver(self, delivery: SecretDelivery) -> None:
        """See `Sink`. A file that is current is not encrypted again, so that git shows no change."""
        keys = self._keys(delivery.client)
        file = self._file(delivery.client)
        files.refuse_links(file, self._folder)
        files.make_folder(file.parent, self._folder)
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            former = self._former(delivery, entries)
            if not former and self._held(delivery, entries) is SinkState.CURRENT:
                return
            for name in former:
                self._refuse_removal(name, entries.get(name))
            encrypted = encrypt(age_payload(delivery), keys)
            files.write(file, encrypted, FILE_MODE, self._folder)
            for name in former:
                self._remove(name)
                entries.pop(name, None)
            entries[self._key(file)] = age_manifest.new_entry(delivery, keys, encrypted)
            age_manifest.save(self._root, self._folder, entries)

    def stage(self, delivery: SecretDelivery) -> None:
        """See `Sink`. It is a file of its own, encrypted like the one in use."""
        keys, file = self._keys(delivery.client), self._staged(delivery.client, delivery.id)
        files.refuse_links(file, self._folder)
        files.make_folder(file.parent, self._folder)
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            encrypted = encrypt(age_payload(delivery), keys)
            files.write(file, encrypted, FILE_MODE, self._folder)
            entries[self._key(file)] = age_manifest.new_entry(delivery, keys, encrypted)
            age_manifest.save(self._root, self._folder, entries)

    def make_current(self, client: SinkClient, client_id: int, former: str | None = None) -> bool:
        """See `Sink`. The same file, at the place of the one in use: no key is needed."""
        if not self._root.is_dir():
            return False
        file, before = self._file(client), replace(client, name=former or client.name)
        files.refuse_links(file, self._folder)
        sources = [(client, self._staged(client, client_id)), (before, self._staged(before, client_id))]
        sources += [(before, self._file(before))] if self._file(before) != file else []
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            for named, source in sources:
                encrypted = self._staged_content(named, client_id, entries, source)
                if encrypted is not None:
                    files.write(file, encrypted, FILE_MODE, self._folder)
                    files.remove(source, self._folder)
                    entries[self._key(file)] = replace(entries.pop(self._key(source)), name=client.name)
                    age_manifest.save(self._root, self._folder, entries)
            return self._is_present(client, client_id, entries)

    def _staged_content(
        self, client: SinkClient, client_id: int, entries: Mapping[str, ManifestEntry], source: Path | None = None
    ) -> bytes | None:
        """The encrypted file that is staged for a client and the owner's current keys; None if there is none.

        After a run that was killed while it put it into use, it may be at the place of the one in use already.
        """
        keys = self._recipients.get(client.owner or "", ())
        file = source or self._staged(client, client_id)
        entry = entries.get(self._key(file))
        if entry is None or (entry.url, entry.id, entry.name) != (client.url, client_id, client.name):
            return None
        files.refuse_links(file, self._folder)
        for place in (file, self._file(client)):
            encrypted = files.read(place, self._folder)
            if encrypted is not None and age_manifest.is_as_written(entry, keys, encrypted):
                return encrypted if openers(encrypted) == openers_of(keys) else None
        return None

    def forget(self, client: SinkClient, client_id: int) -> None:
        """See `Sink`."""
        if not self._root.is_dir():
            return
        with files.locked(self._root):
            entries = age_manifest.load(self._root, self._folder)
            gone = {name for name, entry in entries.items() if (entry.url, entry.id) == (client.url, client_id)}
            staged = self._staged(client, client_id)
            if staged.exists():  # perhaps without an entry: a run may have been killed right after it wrote the file
                gone.add(self._key(staged))
            for name in sorted(gone):
                self._refuse_removal(name, entries.get(name))
            known = gone & entries.keys()
            for name in sorted(gone):
                self._remove(name)
                entries.pop(name, None)
            if known:
                age_manifest.save(self._root, self._folder, entries)

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
        file, keys = self._file(client), self._recipients.get(client.owner or "", ())
        files.refuse_links(file, self._folder)
        here, encrypted = self._key(file), files.read(file, self._folder)
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
        return SinkAnswer(Held.OTHER, (Recipient(None, "age", self.label, self._shown(here), found),))

    def _elsewhere(self, client: SinkClient, names: Sequence[str], entries: Mapping[str, ManifestEntry]) -> SinkAnswer:
        """The answer for a client whose secret is in other files than the one in use."""
        if self._staged_content(client, entries[names[0]].id, entries) is not None:
            return SinkAnswer(Held.STAGED)
        if any(self._is_earlier_name(client, name, entries[name]) for name in names):
            return SinkAnswer(Held.LOST)
        return SinkAnswer(Held.OTHER, tuple(self._recorded(name, entries[name]) for name in names))

    def _is_earlier_name(self, client: SinkClient, name: str, entry: ManifestEntry) -> bool:
        """Whether a file is that of the same client, for the same keys, before a rename that broke off."""
        keys = self._recipients.get(client.owner or "", ())
        place = self._key(self._file(replace(client, name=entry.name)))
        renamed = entry.name != client.name and place == name
        return renamed and entry.recipients == age_manifest.recipients_digest(keys)

    def _recorded(self, name: str, entry: ManifestEntry) -> Recipient:
        """Who a file was encrypted for: the owner whose keys have the digest in the manifest."""
        for owner, keys in sorted(self._recipients.items()):
            if entry.recipients == age_manifest.recipients_digest(keys):
                return Recipient(owner, "age", self.label, self._shown(name), tuple(sorted(map(fingerprint, keys))))
        return Recipient(None, "age", self.label, self._shown(name), ("keys that no owner has today",))

    def _shown(self, name: str) -> str:
        return (self._root / name).relative_to(self._folder).as_posix()

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """See `Sink`."""
        file = self._file(client)
        files.refuse_links(file, self._folder)
        encrypted = files.read(file, self._folder)
        return None if encrypted is None else decrypted_secret(encrypted, decrypt, client.url)

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """See `Sink`. No private key is needed."""
        return self._held(delivery, age_manifest.load(self._root, self._folder))

    def _held(self, delivery: SecretDelivery, entries: Mapping[str, ManifestEntry]) -> SinkState:
        file = self._file(delivery.client)
        files.refuse_links(file, self._folder)
        encrypted = files.read(file, self._folder)
        if encrypted is None:
            return SinkState.MISSING
        entry = entries.get(self._key(file))
        if entry is None:
            return SinkState.UNKNOWN
        current = age_manifest.is_current(entry, delivery, self._keys(delivery.client), encrypted)
        return SinkState.UNKNOWN if current is None else SinkState.CURRENT if current else SinkState.STALE

    def _is_present(self, client: SinkClient, client_id: int, entries: Mapping[str, ManifestEntry]) -> bool:
        file = self._file(client)
        files.refuse_links(file, self._folder)
        entry, encrypted = entries.get(self._key(file)), files.read(file, self._folder)
        if entry is None or encrypted is None or (entry.url, entry.id) != (client.url, client_id):
            return False
        return age_manifest.is_as_written(entry, self._recipients.get(client.owner or "", ()), encrypted)

    def _former(self, delivery: SecretDelivery, entries: Mapping[str, ManifestEntry]) -> list[str]:
        """The files that this client had under another name or owner."""
        client, here = delivery.client, self._key(self._file(delivery.client))
        found = {name for name, entry in entries.items() if (entry.url, entry.id) == (client.url, delivery.id)}
        if delivery.previous_name is not None:
            before = SinkClient(client.instance, client.url, delivery.previous_name, client.owner)
            file = self._file(before)
            if self._key(file) not in entries and file.is_file():
                found.add(self._key(file))
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

    def _file(self, client: SinkClient) -> Path:
        return self._folder / file_of(self._setting.path, client)

    def _staged(self, client: SinkClient, client_id: int) -> Path:
        file = self._file(client)
        return file.with_name(f"{file.name}.{client_id}{_STAGED}")

    def _key(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix()

    def _refuse_removal(self, name: str, entry: ManifestEntry | None) -> None:
        """Raise SinkError unless a file is one that this sink wrote, and as it wrote it.

        The manifest is committed: a pull request can put any path of the project into it.
        """
        file = self._root / name
        files.refuse_links(file, self._folder)
        encrypted, where = files.read(file, self._folder), files.path_text(file, self._folder)
        if encrypted is None:
            return
        manifest = files.path_text(self._root / age_manifest.NAME, self._folder)
        hint = f"look at it; if it is not needed, remove it, and its line in {manifest}"
        place = re.sub(rf"\.[1-9][0-9]*{re.escape(_STAGED)}\Z", "", file.relative_to(self._folder).as_posix())
        if not re.fullmatch(self._pattern, place):
            raise SinkError(f"{manifest} has {where}, which is not a path of this sink, so it is not removed", hint)
        if not is_age(encrypted) or (entry is not None and entry.file != sha256(encrypted).hexdigest()):
            raise SinkError(f"{where} is not what was delivered there, so it is not removed", hint)

    def _remove(self, name: str) -> None:
        file = self._root / name
        files.remove(file, self._folder)
        if file.parent != self._root:
            with suppress(OSError):  # other files are still in it
                file.parent.rmdir()
