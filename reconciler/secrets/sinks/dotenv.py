"""The sink `dotenv`: variables in one plaintext file, for this account only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.model.recipients import Held, SinkAnswer
from reconciler.model.settings import DotenvSinkSetting
from reconciler.secrets import files
from reconciler.secrets.collisions import refuse_collisions
from reconciler.secrets.paths import expand
from reconciler.secrets.plaintext_files import refuse_exposed
from reconciler.secrets.recipients import label_of
from reconciler.secrets.sinks.dotenv_names import variable_stem
from reconciler.secrets.stored import Decrypt, Stored, stored_secret
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.support.text import quoted

# What shells, `docker --env-file`, systemd and the dotenv libraries all read literally, quoted or not.
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@%+=-]+")


_STAGED = r"(?P<stem>[A-Z0-9_]+)_CLIENT_ID=(?P<id>[1-9][0-9]*) (?P=stem)_CLIENT_SECRET=(?P<secret>\S+)\r?\n?"
"""What follows in a comment with what is not in use yet: no reader of the file takes it for a variable."""
_ID = "_CLIENT_ID"


class DotenvSink:
    """Two variables per client, NAME_CLIENT_ID and NAME_CLIENT_SECRET; every other line is left unchanged."""

    stages = True

    def __init__(self, setting: DotenvSinkSetting, instance: str, environ: Mapping[str, str]) -> None:
        """`environ` is for git, without credentials."""
        self._setting = setting
        self._environ = environ
        self._folder = setting.folder
        self._file = setting.folder / expand(setting.path, instance)
        self._start = f"# staged for {instance}: "
        self._staged = re.compile(re.escape(self._start) + _STAGED)
        self.label = label_of(setting)

    def covers(self, client: SinkClient) -> bool:
        """See `Sink`."""
        return self._setting.scope.covers(client.name, client.owner)

    def look(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. Nobody else may read the file, git must ignore it, and no two clients may share a variable."""
        refuse_collisions(clients, lambda client: f"{variable_stem(client.name)}_CLIENT_SECRET", "variable")
        refuse_exposed(self._file, self._folder, self._environ)
        files.read(self._file, self._folder)

    def check(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. The file must also be writable."""
        self.look(clients)
        files.try_writing(self._file.parent, self._folder)

    def deliver(self, delivery: SecretDelivery) -> None:
        """See `Sink`."""
        with files.locked(self._file.parent):
            refuse_exposed(self._file, self._folder, self._environ)
            before = self._read()
            lines = before
            former = delivery.previous_name
            stem = variable_stem(delivery.client.name)
            for earlier in (former, _former_stem(dict(map(_assigned, before)), stem, delivery.id)):
                if earlier is not None and variable_stem(earlier) != stem:
                    lines = _without(lines, earlier, delivery.id)
            for variable, value in _variables(delivery).items():
                lines = _with(lines, variable, value)
            self._write(self._without_staged(lines, delivery.id), before)

    def stage(self, delivery: SecretDelivery) -> None:
        """See `Sink`."""
        with files.locked(self._file.parent):
            refuse_exposed(self._file, self._folder, self._environ)
            before = self._read()
            words = " ".join(f"{variable}={value}" for variable, value in _variables(delivery).items())
            self._write([*_ended(self._without_staged(before, delivery.id)), f"{self._start}{words}\n"], before)

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        """See `Sink`."""
        stem = variable_stem(client.name)
        with files.locked(self._file.parent):
            before = self._read()
            secret = self._staged_secret(before, client_id)
            lines = before
            there = dict(map(_assigned, before))
            former = _former_stem(there, stem, client_id)
            if secret is None and former is not None:
                secret = there[f"{former}_CLIENT_SECRET"]
                lines = _without(before, former, client_id)
            if secret is not None:
                refuse_exposed(self._file, self._folder, self._environ)
                for variable, value in _assignments_of(stem, client_id, secret).items():
                    lines = _with(lines, variable, value)
                lines = self._without_staged(lines, client_id)
                self._write(lines, before)
            return _has(dict(map(_assigned, lines)), stem, client_id)

    def forget(self, client: SinkClient, client_id: int) -> None:
        """See `Sink`."""
        if not self._file.exists():
            return
        with files.locked(self._file.parent):
            before = self._read()
            lines = _without(before, client.name, client_id)
            former = _former_stem(dict(map(_assigned, lines)), variable_stem(client.name), client_id)
            lines = _without(lines, former, client_id) if former is not None else lines
            self._write(self._without_staged(lines, client_id), before)

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        """See `Sink`. It knows the start of the variables alone."""
        found = map(self._staged.fullmatch, self._read())
        return {int(each["id"]): each["stem"] for each in found if each}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        """See `Sink`."""
        with files.locked(self._file.parent):
            before = self._read()
            self._write(self._without_staged(before, client_id), before)

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """See `Sink`."""
        there = self._assignments()
        return [_has(there, variable_stem(client.name), client_id) for client, client_id in clients]

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        """See `Sink`. The file does not say for which owner a client was delivered."""
        lines = self._read()
        there = dict(map(_assigned, lines))
        nothing = Held.NOTHING if self._file.exists() else Held.ABSENT
        staged = {found["id"] for found in map(self._staged.fullmatch, lines) if found}
        stems: dict[str, list[str]] = {}
        for variable, value in there.items():
            if variable.endswith(_ID):
                stems.setdefault(value, []).append(variable.removesuffix(_ID))

        def held(stem: str, client_id: int) -> Held:
            if _has(there, stem, client_id):
                return Held.SAME
            if str(client_id) in staged:
                return Held.STAGED
            found = stems.get(str(client_id), [])
            return nothing if not found else Held.LOST if _former(there, found, client_id) is None else Held.RENAMED

        return [SinkAnswer(held(variable_stem(client.name), client_id)) for client, client_id in clients]

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        """See `Sink`. Git has not got the file."""
        return ()

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """See `Sink`."""
        there, start = self._assignments(), variable_stem(client.name)
        found = there.get(f"{start}_CLIENT_ID"), there.get(f"{start}_CLIENT_SECRET")
        return None if found == (None, None) else stored_secret(*found)

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """See `Sink`."""
        there = self._assignments()
        wanted = _variables(delivery)
        if not wanted.keys() & there.keys():
            return SinkState.MISSING
        same = [compare_digest(there.get(name, "").encode(), value.encode()) for name, value in wanted.items()]
        return SinkState.CURRENT if all(same) else SinkState.STALE

    def _staged_secret(self, lines: Sequence[str], client_id: int) -> str | None:
        for found in map(self._staged.fullmatch, lines):
            if found and found["id"] == str(client_id) and _PLAIN.fullmatch(found["secret"]):
                return found["secret"]
        return None

    def _without_staged(self, lines: Sequence[str], client_id: int) -> list[str]:
        """The lines without what is staged for a client."""
        return [
            line for line in lines if not ((found := self._staged.fullmatch(line)) and found["id"] == str(client_id))
        ]

    def _assignments(self) -> dict[str, str]:
        return dict(map(_assigned, self._read()))

    def _read(self) -> list[str]:
        content = files.read(self._file, self._folder) or b""
        return re.findall(r"[^\n]*\n|[^\n]+", content.decode(errors="surrogateescape"))

    def _write(self, lines: Sequence[str], before: Sequence[str]) -> None:
        if lines != before:
            content = "".join(lines).encode(errors="surrogateescape")
            files.write(self._file, content, files.PRIVATE, self._folder)


def _has(there: Mapping[str, str], start: str, client_id: int) -> bool:
    return there.get(f"{start}_CLIENT_ID") == str(client_id) and bool(there.get(f"{start}_CLIENT_SECRET"))


def _variables(delivery: SecretDelivery) -> dict[str, str]:
    """Both variables of a client. Raises SinkError for a secret that some readers would read differently."""
    start, secret = variable_stem(delivery.client.name), delivery.secret.reveal()
    if not _PLAIN.fullmatch(secret):
        raise SinkError(
            f"the secret of {quoted(delivery.client.name)} has characters with a special meaning in a dotenv file",
            "deliver this client with a json, age or command sink instead",
        )
    return _assignments_of(start, delivery.id, secret)


def _assignments_of(stem: str, client_id: int, secret: str) -> dict[str, str]:
    return {f"{stem}_CLIENT_ID": str(client_id), f"{stem}_CLIENT_SECRET": secret}


def _former_stem(there: Mapping[str, str], stem: str, client_id: int) -> str | None:
    """The start of the variables that a client has under another name; None if there is none, or `stem` has it."""
    if _has(there, stem, client_id):
        return None
    ids = (variable for variable, value in there.items() if variable.endswith(_ID) and value == str(client_id))
    return _former(there, [variable.removesuffix(_ID) for variable in ids], client_id)


def _former(there: Mapping[str, str], stems: Sequence[str], client_id: int) -> str | None:
    """The only one of these starts that this sink would write, with a secret; somebody may keep copies for others."""
    ours = [stem for stem in stems if variable_stem(stem) == stem and _has(there, stem, client_id)]
    return ours[0] if len(ours) == len(stems) == 1 and _PLAIN.fullmatch(there[f"{ours[0]}_CLIENT_SECRET"]) else None


def _ended(lines: Sequence[str]) -> list[str]:
    """The lines, the last one with a line feed too."""
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n"] if lines else []


_ASSIGNMENT = re.compile(r"\s*(?P<export>export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=(?P<value>.*)", re.DOTALL)


def _assigned(line: str) -> tuple[str, str]:
    """The variable that a line sets and its value without quotes; two empty texts for any other line."""
    found = _ASSIGNMENT.fullmatch(line)
    if found is None:
        return "", ""
    value = found["value"].strip()
    quotes = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return found["name"], value[1:-1] if quotes else value


def _with(lines: Sequence[str], variable: str, value: str) -> list[str]:
    """The lines with the variable set once: where it was, else at the end."""
    places = [index for index, line in enumerate(lines) if _assigned(line)[0] == variable]
    if not places:
        return [*_ended(lines), f"{variable}={value}\n"]
    if len(places) == 1 and _assigned(lines[places[0]]) == (variable, value):
        return list(lines)
    found = _ASSIGNMENT.fullmatch(lines[places[0]])
    export = "export " if found is not None and found["export"] else ""
    here = f"{export}{variable}={value}\n"
    return [here if index == places[0] else line for index, line in enumerate(lines) if index not in places[1:]]


def _without(lines: Sequence[str], name: str, client_id: int) -> list[str]:
    """The lines without a client's variables, unless they belong to another client by now."""
    start = variable_stem(name)
    ids = [value for variable, value in map(_assigned, lines) if variable == f"{start}_CLIENT_ID"]
    if ids != [str(client_id)]:
        return list(lines)
    ours = (f"{start}_CLIENT_ID", f"{start}_CLIENT_SECRET")
    return [line for line in lines if _assigned(line)[0] not in ours]
