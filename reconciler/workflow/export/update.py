"""Update existing files: add undeclared live clients, and accept manual changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.declared.clients.entry_values import grants_values, plain_values
from reconciler.declared.edit.add_entries import add_entries
from reconciler.declared.edit.block import Addition
from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_directory
from reconciler.exporting.entries import ExportedEntry, InstanceListing, Withheld, export_clients
from reconciler.exporting.judge_entries import judge_items
from reconciler.exporting.yaml_text import comment
from reconciler.model.clients import Listing
from reconciler.model.errors import Refused, WrongUsage
from reconciler.model.names import matches
from reconciler.planning.plan.plan import Plan, Update
from reconciler.planning.targets import names_of
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonData
from reconciler.support.text import did_you_mean, quoted
from reconciler.workflow.export.accept_live import Accepted, accept_live, read_bytes
from reconciler.workflow.export.export import refuse_implausible
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.plan import PlanRequest, plan_listing
from reconciler.workflow.unmatched_targets import declared_names


@frozen
class UpdateTarget:
    """Where new entries go."""

    files: ProjectFiles
    into: Path | None
    """The file of `--into`."""
    empty: bytes
    """The content of a new file."""


@frozen
class UpdatedFiles:
    """The new content of the files, and what changed. Nothing is written yet."""

    files: Mapping[Path, bytes]
    """The new content of each file that changes."""
    added: Mapping[Path, Sequence[ExportedEntry]]
    withheld: tuple[Withheld, ...]
    """Live and undeclared, but cannot be declared as it is."""
    taken: Accepted
    """The result of `--accept`."""
    differing: int
    """Number of clients that differ from their entries, accepted or not."""


def update(
    request: PlanRequest, seen: Sequence[InstanceListing], place: UpdateTarget, accept: str | None
) -> UpdatedFiles:
    """Compute the new content of the files. `accept` is a glob of the drifted clients to accept; None for none.

    Raises `Refused` if a file cannot be changed or the declarations changed meanwhile, and `WrongUsage` for a glob that
    matches nothing.
    """
    for look in seen:
        refuse_implausible(look, [each.name for each in request.settings.instances])
    directory = place.files.clients_directory
    documents = load_directory(directory, str(directory)).documents
    plans = [plan_listing(request, look.instance, look.listing).plan for look in seen]
    if accept is not None:
        _refuse_unmatched(accept, request, seen, plans)
    taken = accept_live(request, plans, documents, accept) if accept is not None else Accepted()
    data = dict(taken.files)
    items = judge_items(
        _undeclared(request, seen, plans), request.settings, [look.instance for look in seen], documents
    )
    entries = [item for item in items if isinstance(item, ExportedEntry)]
    added = _by_file(entries, place, documents)
    data |= {file: _with_entries(file, data.get(file), new, place) for file, new in added.items()}
    return UpdatedFiles(
        files=data,
        added=added,
        withheld=tuple(item for item in items if isinstance(item, Withheld)),
        taken=taken,
        differing=sum(isinstance(change, Update) for plan in plans for change in plan.changes),
    )


def _refuse_unmatched(
    accept: str, request: PlanRequest, seen: Sequence[InstanceListing], plans: Sequence[Plan]
) -> None:
    """Raise `WrongUsage` for a glob that matches neither a live nor a declared client."""
    known = {client.name for look in seen for client in look.listing.clients}
    known |= {client.name for look in seen for client in look.listing.unsupported}
    known |= {name for plan in plans for change in plan.changes for name in names_of(change)}
    known |= {name for instance in request.instances for name in declared_names(request.declared.of(instance.name))}
    if not any(matches(accept, name) for name in known):
        text = f"--accept {quoted(accept)} matches no declared client, and no live one"
        raise WrongUsage(text, did_you_mean(accept, sorted(known)) or "a glob is for the whole name: '*part*'")


def _undeclared(
    request: PlanRequest, seen: Sequence[InstanceListing], plans: Sequence[Plan]
) -> Sequence[ExportedEntry | Withheld]:
    """The clients that no entry declares, as entries."""
    rest = []
    for look, plan in zip(seen, plans, strict=True):
        ids = {each.id for each in plan.unmanaged if not each.system}
        clients = tuple(client for client in look.listing.clients if client.id in ids)
        rest.append(InstanceListing(look.instance, Listing(clients)))
    return export_clients(rest, request.settings.ignore).items


def _by_file(
    entries: Sequence[ExportedEntry], place: UpdateTarget, documents: Sequence[Document]
) -> dict[Path, list[ExportedEntry]]:
    found: dict[Path, list[ExportedEntry]] = {}
    for entry in entries:
        file = _named_file(place.into, documents) if place.into else _default_file(entry, place, documents)
        found.setdefault(file, []).append(entry)
    return found


def _named_file(into: Path, documents: Sequence[Document]) -> Path:
    """The named file, by the loader's path if it was loaded: one file must not have two names."""
    real = os.path.realpath(into)
    return next((Path(each.path) for each in documents if os.path.realpath(each.path) == real), into)


def _default_file(entry: ExportedEntry, place: UpdateTarget, documents: Sequence[Document]) -> Path:
    """The only existing file, else one named after the instance."""
    if len(documents) == 1:
        return Path(documents[0].path)
    return place.files.clients_directory / f"{entry.instances[0]}.yaml"


def _with_entries(file: Path, changed: bytes | None, entries: Sequence[ExportedEntry], place: UpdateTarget) -> bytes:
    before = changed if changed is not None else read_bytes(file) if file.exists() else place.empty
    try:
        return add_entries(before, [_addition(entry) for entry in entries])
    except CannotEdit as problem:
        hint = "let the entries go into another file: --into FILE"
        raise Refused(f"{quoted(str(file))} was not changed: {problem.message}", hint) from problem


def _addition(entry: ExportedEntry) -> Addition:
    fields: dict[str, JsonData] = {"name": entry.name, "instances": list(entry.instances)}
    if entry.ids:
        fields["ids"] = dict(entry.ids)
    if entry.allow:
        fields["allow"] = list(entry.allow)
    fields |= {"grants": grants_values(entry.spec), **plain_values(entry.spec)}
    return Addition(fields, tuple(map(comment, entry.notes)))
