"""Apply the rules to entries that are not in a file: those that an export writes, or would write."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.declared.clients.entries import Entry
from reconciler.declared.declare import entries_of, rule_errors
from reconciler.declared.rules.registry import RULES
from reconciler.declared.rules.waivers import rule_configs
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text
from reconciler.exporting.entries import ExportedEntry, Item, Withheld, entry_of
from reconciler.exporting.file_text import entry_lines
from reconciler.model.clients import Listing
from reconciler.model.diagnostics import Diagnostic, has_errors
from reconciler.model.settings import Instance, Settings
from reconciler.planning.notes.unmanaged import NOT_DECLARABLE
from reconciler.planning.plan.plan import Note, Plan

# This path sorts after those of all files: of two similar entries, the file's comes first.
_HERE = "\U0010fffdexport"
_PLACE = re.compile(rf" at {_HERE}:\d+:\d+")

_MOST_NOTED = 1_000
"""Clients. Whoever has more exports them first, and reads there what is withheld."""

Problems = Mapping[int, Sequence[Diagnostic]]
"""The problems of each entry, by its number among all."""


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


def note_not_declarable(plan: Plan, listing: Listing, instance: Instance, settings: Settings) -> Plan:
    """The plan with a note on each unmanaged client that a rule without waivers keeps out of an export."""
    ids = {each.id for each in plan.unmanaged if each.note is None and not each.system}
    clients = [client for client in listing.clients if client.id in ids]
    if len(clients) > _MOST_NOTED:
        return plan
    items = judge_items([entry_of(each.spec, (instance.name,)) for each in clients], settings, [instance])
    why = {
        client.id: Note(NOT_DECLARABLE, f"`export` cannot declare it: {item.reasons[0]}")
        for client, item in zip(clients, items, strict=True)
        if isinstance(item, Withheld)
    }
    noted = tuple(replace(each, note=why[each.id]) if each.id in why else each for each in plan.unmanaged)
    return replace(plan, unmanaged=noted) if why else plan


def _write_again(written: dict[int, list[str]], number: int, item: Item) -> None:
    if isinstance(item, ExportedEntry):
        written[number] = entry_lines(item)
    else:
        del written[number]


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
