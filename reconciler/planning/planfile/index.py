"""The index of a folder of saved plans: which file has the plan of which instance, each with its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from reconciler.model.documents import DocumentFormat
from reconciler.model.errors import Refused
from reconciler.planning.planfile.planfile import SavedPlan
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonValue, WrongShape
from reconciler.support.text import printable

NAME = "index.json"
"""Its name in the folder."""

_AGAIN = "save the plans again: reconciler plan --all -o FOLDER/"


def _not_an_index(kind: object) -> tuple[str, str] | None:
    if kind == "saved-plan":
        return "is one saved plan, not the index of several", "apply it by its own name: reconciler apply FILE"
    return None


FORMAT = DocumentFormat(
    kind="saved-plans",
    version=1,
    noun="an index of saved plans",
    written="saved",
    again=_AGAIN,
    if_cut_off=f"was it cut off? Get the folder again, or {_AGAIN}",
    if_newer="apply the folder",
    if_changed=f"change the declarations, not the plans; then {_AGAIN}",
    other_kind_error=_not_an_index,
)


@frozen
class IndexedPlan:
    """One saved plan of a folder."""

    instance: str
    digest: str

    @property
    def file(self) -> str:
        """The name of its file in the folder."""
        return file_of(self.instance)


@frozen
class Index:
    """The saved plans of a folder, and the instances that `plan` was asked for and had no plan of."""

    plans: tuple[IndexedPlan, ...]
    unplanned: tuple[str, ...] = ()


def file_of(instance: str) -> str:
    """The name of the file that has the plan of an instance: never that of the index."""
    return f"{instance}.plan.json"


def dump_index(
    plans: Sequence[SavedPlan], unplanned: Sequence[str], *, created_at: datetime, program_version: str
) -> str:
    """The text of the index of these plans, in their order, and of the instances that have none."""
    content = {
        "created_at": created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "program_version": program_version,
        "plans": [{"instance": each.plan.instance, "digest": each.digest} for each in plans],
        "unplanned": list(unplanned),
    }
    return FORMAT.dump(content)


def load_index(data: bytes, path: str) -> Index:
    """Read the content of an index; messages name it `path`. Raises `Refused` if it is none, or was changed."""
    return FORMAT.load(data, path, ("created_at", "program_version", "plans", "unplanned"), _index)


def check_indexed(saved: SavedPlan, listed: IndexedPlan, path: str) -> None:
    """Raise `Refused` unless a plan file holds the very plan that the index lists."""
    if (saved.plan.instance, saved.digest) != (listed.instance, listed.digest):
        text = f"{printable(path)} does not hold the plan that {NAME} lists"
        raise Refused(text, f"get the whole folder from one run of plan, or {_AGAIN}")


def _index(values: Mapping[str, JsonValue]) -> Index:
    values["created_at"].time()
    values["program_version"].text()
    plans = values["plans"].each(_plan)
    unplanned = values["unplanned"].each(JsonValue.valid_text)
    names = [*(each.instance for each in plans), *unplanned]
    if len(set(names)) < len(names):
        raise WrongShape("an instance is listed twice")
    return Index(plans, unplanned)


def _plan(node: JsonValue) -> IndexedPlan:
    values = node.record(("instance", "digest"))
    name = values["instance"].valid_text()
    # It becomes a part of a path.
    if not name or name.startswith(".") or not set(name) <= _CHARACTERS:
        raise WrongShape(f"`{values['instance'].place}` is not the name of an instance")
    return IndexedPlan(name, values["digest"].text())


_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
