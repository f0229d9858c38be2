"""Convert live clients to the entries that declare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.model.clients import AnyLive, ClientSpec, Listing, LiveClient, UnsupportedClient
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.settings import Instance
from reconciler.planning.match.blocked import clients_text
from reconciler.planning.plan.redirect_urls import escape_variables
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class ExportedEntry:
    """An entry of `clients:` that declares what is live, and what its reviewer must know."""

    spec: ClientSpec
    """The client, with its redirect URLs as written in a file."""
    instances: tuple[str, ...]
    ids: tuple[tuple[str, int], ...] = ()
    """The instance's name, and the client's id there."""
    allow: tuple[str, ...] = ()
    """The rules that the live client breaks."""
    notes: tuple[str, ...] = ()
    """For the reviewer: a line each, above the entry."""

    @property
    def name(self) -> str:
        """The client's name."""
        return self.spec.name


@frozen
class Withheld:
    """A live client that cannot be declared as it is: only a comment in the file."""

    name: str
    reasons: tuple[str, ...]
    """A line each."""
    entry: ExportedEntry | None = None
    """The entry that would declare it, once the reasons are resolved."""


Item = ExportedEntry | Withheld


@frozen
class InstanceListing:
    """The result of observing an instance."""

    instance: Instance
    listing: Listing


@frozen
class LeftOut:
    """Number of live clients of an instance that an export leaves out."""

    instance: str
    system: int
    ignored: int


@frozen
class Export:
    """Live clients as entries, sorted by name."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    """For each instance."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all items, without duplicates."""
        return tuple(dict.fromkeys(item.name for item in self.items))


def export_clients(seen: Sequence[InstanceListing], ignore: Sequence[str] = (), *, system: bool = False) -> Export:
    """Convert all live clients that are not ignored to entries; system clients only with `system`.

    Clients that are equal on several instances become one entry. A client with the same name as another one on its
    instance is withheld, and so is one that cannot be declared. The entries are not checked by any rule.
    """
    alike: defaultdict[ClientSpec, list[str]] = defaultdict(list)
    withheld: list[Withheld] = []
    left_out: list[LeftOut] = []
    for look in seen:
        by_name, others = _chosen(look, ignore, system)
        left_out.append(others)
        for found in by_name.values():
            match found:
                case [LiveClient(spec=spec)]:
                    alike[spec].append(look.instance.name)
                case _:
                    withheld.append(_withheld(look.instance.name, found))
    entries = [entry_of(spec, tuple(names)) for spec, names in alike.items()]
    items: list[Item] = [*entries, *withheld]
    items.sort(key=lambda item: (item.name.casefold(), item.name))
    return Export(tuple(items), tuple(left_out))


def entry_of(spec: ClientSpec, instances: tuple[str, ...]) -> ExportedEntry:
    """The entry that declares a client for these instances."""
    return ExportedEntry(escape_variables(spec), instances)


def _chosen(
    look: InstanceListing, ignore: Sequence[str], system: bool
) -> tuple[Mapping[str, Sequence[AnyLive]], LeftOut]:
    """The live clients to export, by name, and how many others there are."""
    groups: defaultdict[str, list[AnyLive]] = defaultdict(list)
    ignored = system_clients = 0
    found: list[AnyLive] = [*look.listing.clients, *look.listing.unsupported]
    for live in found:
        if matches_any(ignore, live.name):
            ignored += 1
        elif not system and is_system_client(live.name, look.instance.system_clients):
            system_clients += 1
        else:
            groups[live.name].append(live)
    return groups, LeftOut(look.instance.name, system_clients, ignored)


def _withheld(instance: str, found: Sequence[AnyLive]) -> Withheld:
    name = found[0].name
    match found:
        case [UnsupportedClient() as live]:
            return Withheld(name, (f"{quoted(name)}, client {clients_text([live])} on {instance}: {live.why}",))
        case _:
            reasons = (
                f"{len(found)} live clients of {instance} have the name {quoted(name)}:",
                *(f"  {clients_text([live], with_forms=True)}" for live in sorted(found, key=lambda live: live.id)),
                "remove the others on the Auth Clients page and export again, or pin the one that you mean by its id",
            )
            return Withheld(name, reasons, _pinned(instance, found))


def _pinned(instance: str, found: Sequence[AnyLive]) -> ExportedEntry | None:
    """An example entry for the first of several clients with the same name; only people know which one is meant."""
    live = next((each for each in found if isinstance(each, LiveClient)), None)
    if live is None:
        return None
    entry = entry_of(live.spec, (instance,))
    return replace(entry, ids=((instance, live.id),))
