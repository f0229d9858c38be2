"""Saved plans: one instance's plan as JSON that a pipeline can keep, show and later apply, exactly or not at all.

The settings of the guards (limits, `protected:`, `frozen:`) are not in the file: the ones in force when it is applied
count. Nothing here reads the clock: the caller says when a plan was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from reconciler.model.documents import DocumentFormat
from reconciler.model.errors import Refused
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import Plan, Prune
from reconciler.planning.planfile.codec import PLAN_KEYS, plan_values, read_plan
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonValue, WrongShape
from reconciler.support.text import quoted, quoted_url

_PLAN_AGAIN = "save the plan again: reconciler plan -o FILE"
_HEAD_KEYS = ("created_at", "program_version", "prune", "commit")


def _not_a_plan(kind: object) -> tuple[str, str] | None:
    if kind in ("plan", "apply", "validate"):
        return "is not a saved plan: it is what --format json prints, for other programs to read", _PLAN_AGAIN
    if kind == "saved-plans":
        return (
            "is the index of several saved plans",
            f"apply them by their folder: reconciler apply FOLDER/; or {_PLAN_AGAIN}",
        )
    if kind == "observation":
        hint = "save a plan of the instance as it is now: reconciler plan -o FILE"
        return "is not a saved plan: it is an observation, which is never applied", hint
    return None


FORMAT = DocumentFormat(
    kind="saved-plan",
    version=3,
    noun="a saved plan",
    written="saved",
    again=_PLAN_AGAIN,
    if_cut_off=f"it may have been cut off: get it again, or {_PLAN_AGAIN}",
    if_newer="apply it",
    if_changed=f"change the declarations, not the plan; then {_PLAN_AGAIN}",
    other_kind_error=_not_a_plan,
)


@frozen
class SavedPlan:
    """A plan as it was saved, and when, from which commit and by which version."""

    plan: Plan
    prune: Prune
    created_at: datetime
    """In UTC, to the second."""
    commit: str | None
    """The git commit whose declarations were planned; None if they were not exactly those of a commit."""
    program_version: str
    """For people: only the format's version decides whether this program can read the file."""
    digest: str
    """`sha256:` and 64 hexadecimal digits, over everything else in the file: for the journal."""


def dump_plan(
    plan: Plan, *, prune: Prune, created_at: datetime, program_version: str, commit: str | None = None
) -> str:
    """The text of a plan file, ASCII only, ending in a line feed: the same for equal arguments.

    `created_at` has a time zone and is stored to the second. `commit` is set only if exactly its declarations were
    planned.
    """
    content = {
        "created_at": created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "program_version": program_version,
        "prune": prune.value,
        "commit": commit,
        **plan_values(plan),
    }
    return FORMAT.dump(content)


def load_plan(data: bytes, path: str) -> SavedPlan:
    """Read the content of a plan file; messages name it `path`. The caller must limit the size of `data`.

    Raises `Refused` if it is not a saved plan, has another version, or was changed since it was saved.
    """
    return FORMAT.load(data, path, (*_HEAD_KEYS, *PLAN_KEYS), _saved_plan)


def target_of(saved: SavedPlan, instances: Sequence[Instance]) -> Instance:
    """The configured instance that a saved plan is for. Raises `Refused` if there is none, or its identity differs."""
    for instance in instances:
        if instance.name == saved.plan.instance:
            check_identity(saved, instance.identity)
            return instance
    known = ", ".join(instance.name for instance in instances)
    text = f"the saved plan is for the instance {quoted(saved.plan.instance)}, which reconciler.yaml does not name"
    raise Refused(text, f"it names {known}; apply with the settings that the plan was made with, or plan again")


def check_identity(saved: SavedPlan, identity: str) -> None:
    """Raise `Refused` unless the plan was made for the instance with this identity: URL, or `embedded:` and path."""
    planned = saved.plan.identity
    if planned != identity:
        both = f"made for {quoted_url(planned)}, and {saved.plan.instance} is {quoted_url(identity)} now"
        raise Refused(f"the saved plan is for another instance: it was {both}", _PLAN_AGAIN)


def _saved_plan(values: Mapping[str, JsonValue]) -> SavedPlan:
    return SavedPlan(
        plan=read_plan(values),
        prune=values["prune"].one_of(Prune),
        created_at=values["created_at"].time(),
        commit=values["commit"].unless_null(_commit_id),
        program_version=values["program_version"].text(),
        digest=values["digest"].text(),
    )


def _commit_id(node: JsonValue) -> str:
    """A full commit id (SHA-1 or SHA-256): git gets it as an argument, where other text could be an option."""
    text = node.text()
    # For git, an ID of zeros alone means that a ref is to be deleted.
    if len(text) not in (40, 64) or not set(text) <= set("0123456789abcdef") or set(text) == {"0"}:
        raise WrongShape(f"`{node.place}` is not the full id of a commit")
    return text
