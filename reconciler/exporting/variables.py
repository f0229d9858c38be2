"""Propose variables for entries of one client that differ only in the host, to replace them by one entry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from reconciler.exporting.entries import ExportedEntry, Item
from reconciler.model.settings import Instance
from reconciler.support.frozen import frozen

_URL = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#@:${}\[\]]+)((?::[0-9]+)?(?:[/?#].*)?)", re.DOTALL | re.IGNORECASE)
_LONGEST_NAME = 40

Hosts = tuple[tuple[str, str], ...]
"""An instance's name, and the host that a URL has there."""


@frozen
class Proposal:
    """One entry in place of several."""

    entry: ExportedEntry
    values: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """For each instance its name, and the variables that it still needs with their values."""


class _Variables:
    """The existing and the proposed variables: one for each way in which hosts differ."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._instances = {instance.name: instance.variables for instance in instances}
        self._taken = {name for variables in self._instances.values() for name in variables}
        self._proposed: dict[Hosts, str] = {}

    def named(self, hosts: Hosts, client: str) -> tuple[str, bool]:
        """The name of a variable with these values, and whether the instances have it already."""
        for name in sorted(self._taken):
            if all(self._instances[instance].get(name) == host for instance, host in hosts):
                return name, True
        if hosts not in self._proposed:
            self._proposed[hosts] = self._new(client)
        return self._proposed[hosts], False

    def _new(self, client: str) -> str:
        base = _identifier(client)
        used = self._taken | set(self._proposed.values())
        names = (base if number == 1 else f"{base}_{number}" for number in range(1, len(used) + 2))
        return next(name for name in names if name not in used)


def propose_variables(items: Sequence[Item], instances: Sequence[Instance]) -> Mapping[str, Proposal]:
    """Propose one entry in place of several, by client name. `instances` are all that are configured.

    There is no proposal for entries that differ in more than hosts, or have a URL that cannot be split.
    """
    entries = [item for item in items if isinstance(item, ExportedEntry)]
    variables = _Variables(instances)
    found: dict[str, Proposal] = {}
    for name, group in groupby(entries, key=lambda entry: entry.name):
        proposal = _propose(list(group), variables, [instance.name for instance in instances])
        if proposal is not None:
            found[name] = proposal
    return found


def _propose(entries: Sequence[ExportedEntry], variables: _Variables, order: Sequence[str]) -> Proposal | None:
    first = entries[0]
    if len(entries) == 1 or any(_shape(entry) != _shape(first) for entry in entries):
        return None
    instances = tuple(sorted((name for entry in entries for name in entry.instances), key=order.index))
    written: list[str] = []
    new: dict[str, Hosts] = {}
    for position, url in enumerate(first.spec.redirect_urls):
        hosts = tuple(sorted(_hosts(entries, position), key=lambda pair: order.index(pair[0])))
        if len({host for _, host in hosts}) == 1:
            written.append(url)
            continue
        name, known = variables.named(hosts, first.name)
        new.update({} if known else {name: hosts})
        scheme, _, rest = _parts(url)
        written.append(f"{scheme}${{{name}}}{rest}")
    allow = tuple(sorted({rule for entry in entries for rule in entry.allow}))
    spec = replace(first.spec, redirect_urls=tuple(written))
    entry = replace(first, spec=spec, instances=instances, allow=allow, notes=())
    return Proposal(entry, tuple(_values(instances, new)))


def _shape(entry: ExportedEntry) -> object:
    """An entry without its hosts, to compare; the entry itself if one of its URLs cannot be split."""
    if not entry.spec.redirect_urls or not all(map(_URL.fullmatch, entry.spec.redirect_urls)):
        return entry
    same = [(scheme, rest) for scheme, _, rest in map(_parts, entry.spec.redirect_urls)]
    return replace(entry.spec, redirect_urls=()), same


def _hosts(entries: Sequence[ExportedEntry], position: int) -> Iterator[tuple[str, str]]:
    for entry in entries:
        for instance in entry.instances:
            yield instance, _parts(entry.spec.redirect_urls[position])[1]


def _parts(url: str) -> tuple[str, str, str]:
    match = _URL.fullmatch(url)
    assert match is not None, "only asked of what has a shape"  # noqa: S101
    return match[1], match[2], match[3]


def _values(instances: Sequence[str], new: Mapping[str, Hosts]) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for instance in instances if new else ():
        yield instance, tuple((name, dict(hosts)[instance]) for name, hosts in new.items())


def _identifier(client: str) -> str:
    """The name of a variable for the host of this client."""
    ascii_only = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode().lower()
    words = re.sub("[^a-z0-9]+", "_", ascii_only)[:_LONGEST_NAME].strip("_")
    return f"{words}_host" if words[:1].isalpha() else f"client_{words}_host" if words else "client_host"
