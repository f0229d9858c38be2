"""Saved plans: written by `plan -o`, applied by `apply PLAN`."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.cli.console import Console
from reconciler.cli.exit_codes import of_applies
from reconciler.cli.results import show_proposals, show_result
from reconciler.cli.runs import start_run
from reconciler.cli.signals import stoppable
from reconciler.errors import ReconcilerError, Refused, WrongUsage
from reconciler.planning.planfile import SavedPlan, dump_plan, load_plan, target_of
from reconciler.settings import Instance
from reconciler.workflow.check import sound_settings
from reconciler.workflow.choices import Conduct, Files, Options
from reconciler.workflow.exactly import Exactly, apply_exactly
from reconciler.workflow.plan import Planned, PlanResult

_MOST_BYTES = 64 * 1024 * 1024


_SAVE_ONE = "save one: reconciler plan -o FILE"


def refuse_several(instances: Sequence[Instance]) -> None:
    """Raise `WrongUsage` unless a plan for these instances can be saved in one file."""
    if len(instances) != 1:
        names = ", ".join(instance.name for instance in instances)
        raise WrongUsage(f"a saved plan is for one instance, and here are several: {names}", "save one after the other")


def save_plan(result: PlanResult, file: Path, options: Options, console: Console) -> None:
    """Write the plan to a file, whole or not at all. An instance that could not be planned leaves no file behind."""
    if isinstance(result, Planned):
        now = datetime.now(UTC)
        _replace(file, dump_plan(result.plan, prune=options.prune, created_at=now, program_version=__version__))
        console.progress(f"saved; to apply exactly this: reconciler apply {shlex.quote(str(file))}")


def apply_saved(file: Path, files: Files, options: Options, conduct: Conduct, console: Console) -> int:
    """Apply exactly the saved plan, or nothing; the exit code."""
    saved = _read(file)
    settings = sound_settings(files.config)
    instance = target_of(saved, settings.instances)
    order = Exactly(settings, instance, lambda _: saved.plan, options, saved.digest)
    with stoppable() as stop:

        def approve(planned: Planned) -> bool:
            show_proposals([planned], console, asked=False)
            stop.arm()
            return True

        result = apply_exactly(order, approve, start_run(files, conduct, console, stop))
    show_result(result, console)
    return of_applies([result])


def _read(file: Path) -> SavedPlan:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be read").lower()
        raise ReconcilerError(f"cannot read the saved plan {file}: {reason}", _SAVE_ONE) from None
    if len(data) > _MOST_BYTES:
        raise Refused(f"{file} is too large for a saved plan", _SAVE_ONE)
    return load_plan(data, str(file))


def _replace(file: Path, text: str) -> None:
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(file)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the plan to {file}: {reason}", "name another file: -o FILE") from None
