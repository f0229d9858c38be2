"""`export --update`: write what is live into the existing files, and change nothing else in them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.cli.flags.repeated import repeated_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import DONE, INVALID, REFUSED
from reconciler.cli.output.files import replace_atomically
from reconciler.cli.output.links import link_on
from reconciler.cli.run.export_files import ENDINGS, SCHEMA, observe_or_report
from reconciler.cli.run.prepare import prepare
from reconciler.exporting.entries import Withheld
from reconciler.exporting.file_text import MOST_NAMED
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity, has_errors
from reconciler.model.errors import WrongUsage
from reconciler.model.names import matches
from reconciler.planning.plan.plan import Blocked, Create
from reconciler.render.terminal.errors import render_diagnostic_lines
from reconciler.render.view.counts import plural
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, first_few, printable, quoted
from reconciler.workflow.export.accept_live import NotAccepted
from reconciler.workflow.export.update import UpdatedFiles, UpdateTarget, update
from reconciler.workflow.options import Options, ProjectFiles, Selection, select_instances
from reconciler.workflow.validate import validate_files

_MOST_WITHHELD = 10


@frozen
class UpdateFlags:
    """The flags that only `--update` takes."""

    update: bool
    into: Path | None
    accept: str | None

    def is_about(self, name: str) -> bool:
        """Whether a client may be warned of: whoever names some to accept did not ask about the others."""
        return self.accept is None or matches(self.accept, name)

    def refuse(self, others: dict[str, object]) -> None:
        """Raise `WrongUsage` for flags that make no sense together. `others` are those of a plain export."""
        if not self.update:
            for flag, given in (("--accept", self.accept), ("--into", self.into)):
                if given is not None:
                    raise WrongUsage(f"{flag} is used only with --update", f"add --update, or leave {flag} out")
            return
        for flag, used in others.items():
            if used:
                raise WrongUsage(f"{flag} and --update exclude each other", "--into names the file for new entries")


def run_update(
    files: ProjectFiles, selection: Selection, choice: UpdateFlags, options: Options, parallelism: int, console: Console
) -> int:
    """Write what is live into the declarations. Raises a `ReconcilerError` before any file is changed."""
    request = prepare(files, selection, options, console, first_day=True, counting_warnings=choice.accept is None)
    if not request.instances:
        return DONE
    if choice.into is not None:
        _refuse_outside(choice.into, files)
    seen, code = observe_or_report(request.instances, options, parallelism, console)
    if code:
        return code
    found = update(request, seen, UpdateTarget(files, choice.into, _new_file(files)), choice.accept)
    new = [file for file in found.files if not file.exists()]
    for file, data in found.files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_atomically(file, data, "declarations")
    _show(found, files, choice, [each.name for each in request.instances], console)
    if found.files:
        validate = shlex.join(["reconciler", "validate", *repeated_flags(files, Options({}))])
        # Of a file that git does not know, `git diff` shows nothing.
        look = f"{shlex.join(['git', 'add', '-N', *map(str, new)])} && git diff" if new else "git diff"
        console.progress(f"next: {printable(validate)}, then {printable(look)}")
    return _judge(found, files, selection, console)


def _refuse_outside(into: Path, files: ProjectFiles) -> None:
    clients = files.clients_directory
    inside = Path(os.path.realpath(into)).is_relative_to(os.path.realpath(clients))
    hidden = any(part.startswith(".") and part not in (".", "..") for part in into.parts)
    if not inside or hidden or not into.name.endswith(ENDINGS):
        hint = f"name a file that ends in .yaml within {printable(str(clients))}/"
        raise WrongUsage(f"{quoted(str(into))} would not be read", hint)
    if into.is_dir():
        raise WrongUsage(f"{quoted(str(into))} is a folder", "name a file in it")


def _new_file(files: ProjectFiles) -> bytes:
    path = os.path.relpath(files.config.parent / SCHEMA, files.clients_directory)
    return f"# yaml-language-server: $schema={Path(path).as_posix()}\nclients: []\n".encode()


def _show(
    found: UpdatedFiles, files: ProjectFiles, choice: UpdateFlags, instances: list[str], console: Console
) -> None:
    for line in _lines(found):
        console.progress(line)
    withheld = [each for each in found.withheld if choice.is_about(each.name)]
    for line in (*_withheld(withheld), *map(_left_alone, found.taken.left_alone), *_not_taken(found)):
        console.problem(line)
    if choice.accept is None and found.differing:
        way_out = "reconciler plan shows how, and --accept writes it into the files"
        console.progress(f"{plural(found.differing, 'client')} declared otherwise than live: {way_out}")
    if not found.files and not found.taken.left_alone:
        taken = " and nothing to accept" if choice.accept is not None else ""
        more = " more" if found.withheld else ""
        console.progress(f"nothing{more} to add{taken} on {first_few([*map(printable, instances)], MOST_NAMED)}")


def _not_taken(found: UpdatedFiles) -> Iterator[str]:
    """Yield warnings about clients that --accept covers, but where it cannot accept what is live."""
    for (source, name), instances in _by_place(found.taken.gone).items():
        hint = "if a person deleted it, remove the entry, or write `state: absent`; otherwise apply creates it"
        yield f"warning: {source}: {quoted(name)} is declared and not live on {enumeration(instances)}; {hint}\n"
    for rename in found.taken.renames:
        text = f"{quoted(rename.before.name)} is still to be renamed to {quoted(rename.name)}, as git declares"
        yield f"warning: {rename.source}: {text}\n"
    for (source, name), instances in _by_place(found.taken.blocked).items():
        flags = " ".join(f"--instance {instance}" for instance in instances)
        yield f"warning: {source}: {quoted(name)} is blocked: reconciler plan {flags} says why\n"


def _by_place(items: Iterable[tuple[str, Create | Blocked]]) -> Mapping[tuple[Location, str], Sequence[str]]:
    """The instances of the changes, by the entry that they come from."""
    found: dict[tuple[Location, str], list[str]] = {}
    for instance, each in items:
        found.setdefault((each.source, each.name), []).append(instance)
    return found


def _lines(found: UpdatedFiles) -> Iterator[str]:
    for taken in found.taken.entries:
        yield f"{taken.source}: updated entry {quoted(taken.name)} from the instance: {enumeration(taken.fields)}"
    for file, entries in found.added.items():
        yield f"added {plural(len(entries), 'client')} to {printable(str(file))}"
        if waiving := sum(bool(entry.allow) for entry in entries):
            yield f"rules waived for {plural(waiving, 'client')}: look for 'allow:'"


def _withheld(items: Sequence[Withheld]) -> Iterator[str]:
    for each in items[:_MOST_WITHHELD]:
        named = each.reasons if quoted(each.name) in each.reasons[0] else (f"{quoted(each.name)}:", *each.reasons)
        yield "warning: not declared: " + "".join(f"{printable(line)}\n  " for line in named).rstrip(" ")
    if (more := len(items) - _MOST_WITHHELD) > 0:
        yield f"warning: not declared: {more} more; reconciler export shows all of them, as comments\n"


def _left_alone(each: NotAccepted) -> str:
    return f"error: {each.source}: {quoted(each.name)} was not changed: {printable(each.why)}\n  {each.hint}\n"


def _judge(found: UpdatedFiles, files: ProjectFiles, selection: Selection, console: Console) -> int:
    """Check the new files against the rules, which manual changes may break, and return the exit code."""
    if found.files:
        diagnostics = validate_files(files, lambda settings: select_instances(settings, selection)).diagnostics
        if has_errors(diagnostics):
            errors = (each for each in diagnostics if each.severity is Severity.ERROR)
            console.problem(render_diagnostic_lines(errors, link_on(sys.stderr, verbose=bool(console.verbose))))
            console.problem(
                "the files now match the instance, but they break a rule: correct them, or undo the change: git diff\n"
            )
            return REFUSED if found.taken.left_alone else INVALID
    return REFUSED if found.taken.left_alone else DONE
