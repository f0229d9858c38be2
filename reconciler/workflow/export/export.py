"""Observe instances, and export what is live as entries that `validate` accepts and whose plan is empty."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from reconciler.declared.clients.entries import Entry
from reconciler.declared.declare import entries_of, rule_errors
from reconciler.declared.rules.registry import RULES
from reconciler.declared.rules.waivers import rule_configs
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text
from reconciler.exporting.entries import Export, ExportedEntry, InstanceListing, Item, Withheld, export_clients
from reconciler.exporting.file_text import entry_lines
from reconciler.model.diagnostics import Diagnostic, has_errors
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.names import matches
from reconciler.model.settings import Instance, Settings
from reconciler.results import Stopped
from reconciler.support.text import enumeration
from reconciler.workflow.connect.sessions import Sessions
from reconciler.workflow.listing import list_clients
from reconciler.workflow.options import Options
from reconciler.workflow.parallel import CancelToken, map_parallel

# This path sorts after those of all files: of two similar entries, the file's comes first.
_HERE = "\U0010fffdexport"
_PLACE = re.compile(rf" at {_HERE}:\d+:\d+")

Problems = Mapping[int, Sequence[Diagnostic]]
"""The problems of each entry, by its number among all."""


def observe_all(instances: Sequence[Instance], options: Options, parallelism: int) -> list[InstanceListing | Stopped]:
    """Observe each instance once, `parallelism` at a time, in their order; a failure does not stop the others."""
    cancel_token = CancelToken()
    sessions = Sessions(options.environ, options.timeout, stop=cancel_token)
    return map_parallel(instances, lambda instance: _look(instance, sessions), parallelism, cancel_token)


def export(seen: Sequence[InstanceListing], settings: Settings, *, system: bool = False) -> Export:
    """Export what is live as entries, instances in configured order; waive or withhold all that the rules refuse.

    Raises `Refused` for an implausibly empty listing, or if no entry can be for one of the instances alone.
    """
    order = [instance.name for instance in settings.instances]
    in_order = sorted(seen, key=lambda look: order.index(look.instance.name))
    for look in in_order:
        refuse_implausible(look, order)
    found = export_clients(in_order, settings.ignore, system=system)
    judged = judge_items(found.items, settings, [look.instance for look in in_order])
    return replace(found, items=judged)


def refuse_implausible(look: InstanceListing, configured: Sequence[str]) -> None:
    """Raise `Refused` for an implausibly empty listing, or if no entry can be for this instance alone.

    `configured` are the names of all instances.
    """
    _refuse_nothing(look)
    _refuse_namesakes(look.instance, configured)


def judge_items(
    items: Sequence[Item], settings: Settings, instances: Sequence[Instance], beside: Sequence[Document] = ()
) -> tuple[Item, ...]:
    """Apply the rules to the items, for these instances and with the existing declarations in `beside`.

    An entry that only breaks rules which can be waived gets `allow:`, with notes; otherwise it is withheld. The rules
    themselves decide: the entries are written, loaded and checked like every file.
    """
    waivable = {name: how.waivable for name, how in rule_configs(RULES, settings.rules).items()}
    judged = list(items)
    written = {number: entry_lines(item) for number, item in enumerate(items) if isinstance(item, ExportedEntry)}
    while problems := _problems(written, settings, instances, beside):
        # A withheld entry may be the cause of another one's problem, so nothing is waived before those are gone.
        fatal = {number: found for number, found in problems.items() if _is_fatal(judged[number], found, waivable)}
        for number, found in (fatal or problems).items():
            judged[number] = _dealt_with(judged[number], found, waivable)
            _write_again(written, number, judged[number])
    return tuple(judged)


def _write_again(written: dict[int, list[str]], number: int, item: Item) -> None:
    if isinstance(item, ExportedEntry):
        written[number] = entry_lines(item)
    else:
        del written[number]


def _look(instance: Instance, sessions: Sessions) -> InstanceListing | Stopped:
    with ExitStack() as stack:
        try:
            return InstanceListing(instance, list_clients(sessions.open(instance, stack), instance))
        except ReconcilerError as problem:
            return Stopped(instance, problem)


def _refuse_nothing(look: InstanceListing) -> None:
    empty = not (look.listing.clients or look.listing.unsupported)
    if empty and look.instance.expect_system_clients:
        name = look.instance.name
        raise Refused(
            f"{name} lists no client at all, not even those that the platform installs",
            "check the URL; if it is correct, set `expect_system_clients: false` for it in reconciler.yaml",
        )


def _refuse_namesakes(instance: Instance, configured: Sequence[str]) -> None:
    namesakes = [name for name in configured if matches(instance.name, name)]
    if len(namesakes) > 1:
        alike = enumeration(namesakes)
        text = f"the instances {alike} differ only in case, so that an entry for one is for the others too"
        raise Refused(text, "give them other names in reconciler.yaml")


def _problems(
    written: Mapping[int, Sequence[str]],
    settings: Settings,
    instances: Sequence[Instance],
    beside: Sequence[Document],
) -> Problems:
    numbers, starts, lines = [], [], ["clients:"]
    for number, entry in written.items():
        numbers.append(number)
        starts.append(len(lines) + 1)
        lines += entry
    found: defaultdict[int, list[Diagnostic]] = defaultdict(list)
    for problem in _errors("\n".join(lines), settings, instances, beside) if numbers else ():
        found[numbers[bisect_right(starts, problem.location.line) - 1]].append(problem)
    return found


def _errors(
    text: str, settings: Settings, instances: Sequence[Instance], beside: Sequence[Document]
) -> Iterable[Diagnostic]:
    """What is wrong with the text; if only in reverse order, then so.

    Of two similar entries a rule names the later one, and which that is depends on the files that people put them into.
    """
    loaded = valid_documents(load_text(text.encode(), _HERE), "auth-clients")
    if has_errors(loaded.diagnostics):
        return loaded.diagnostics
    entries, others = entries_of(loaded.documents), entries_of(beside)

    def found_in(order: Iterable[Entry]) -> Sequence[Diagnostic]:
        errors = rule_errors([*others, *order], settings, instances)
        return [each for each in errors if each.location.path == _HERE]

    return found_in(entries) or found_in(reversed(entries))


def _is_fatal(item: Item, found: Iterable[Diagnostic], waivable: Mapping[str, bool]) -> bool:
    """Whether one of the problems cannot be waived, or was waived without effect."""
    waived = item.allow if isinstance(item, ExportedEntry) else ()
    return any(not waivable.get(problem.rule, False) or problem.rule in waived for problem in found)


def _dealt_with(item: Item, found: Sequence[Diagnostic], waivable: Mapping[str, bool]) -> Item:
    if not isinstance(item, ExportedEntry):
        return item
    reasons = [problem for problem in found if _is_fatal(item, [problem], waivable)]
    waived = [problem for problem in found if problem not in reasons]
    entry = replace(
        item,
        allow=tuple(sorted({*item.allow, *(problem.rule for problem in waived)})),
        notes=(*item.notes, *(f"allowed, since it is live: {_words(problem)}" for problem in waived)),
    )
    if not reasons:
        return entry
    return Withheld(item.name, tuple(dict.fromkeys(_words(problem, hint=True) for problem in reasons)), entry)


def _words(problem: Diagnostic, *, hint: bool = False) -> str:
    way_out = f"; {problem.hint}" if hint and problem.hint else ""
    return f"{_PLACE.sub('', problem.message)}{way_out} [{problem.rule}]"
