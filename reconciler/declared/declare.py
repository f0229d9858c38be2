"""From loaded files to what every instance should have, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.declared.clients.entries import read_entries
from reconciler.declared.clients.redirect_url import parse_url
from reconciler.declared.clients.resolve import ByInstance, View, resolve
from reconciler.declared.rules.finding import Files, Finding, Ruling
from reconciler.declared.rules.registry import FILE_RULES, INSTANCE_RULES, RULES, Rule
from reconciler.declared.rules.waivers import Waived, rulings, unwaived
from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Declarations
from reconciler.model.diagnostics import Diagnostic, Severity, in_order
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import dataclass

NAMED_INSTANCES = 2
"""How many instances a message names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared, by the instance's name, and every problem with it, in order."""

    by_instance: Mapping[str, Declarations]
    diagnostics: tuple[Diagnostic, ...]
    clients: int
    """How many names of clients are declared, whatever the instance."""


def declare(
    documents: Sequence[Document], settings: Settings, instances: Sequence[Instance], *, complete: bool
) -> Declared:
    """Resolve documents that have the right shape for each of `instances`, and judge them by every rule.

    `complete` says whether every file could be loaded: only then is it known that nothing uses a variable. The order of
    `documents` does not matter; files count in the order of their paths. What a rule refuses is resolved all the same,
    so that all problems are found at once: look at the diagnostics before the declarations.
    """
    in_path_order = sorted(documents, key=lambda document: document.path)
    entries = tuple(entry for document in in_path_order for entry in read_entries(document))
    files = Files(entries, settings, rulings(RULES, settings.rules), complete)
    views = [resolve(entries, instance, settings) for instance in instances]
    waived = {instance.name: Waived(list) for instance in instances}
    found = [*_judge_files(files), *_judge_views(views, files.rulings, waived)]
    parse_url.cache_clear()  # nobody asks again
    names = {entry.name for view in views for entry in view.entries if entry.present}
    return Declared(ByInstance(views, waived), tuple(in_order(found)), len(names))


def _judge_files(files: Files) -> Iterator[Diagnostic]:
    for rule in FILE_RULES:
        how = files.rulings[rule.name]
        if how.severity is not None:
            for finding in unwaived(rule.name, how, rule.check(files), Waived(list)):
                yield _diagnostic(rule.name, how.severity, finding)


def _judge_views(
    views: Sequence[View], how: Mapping[str, Ruling], waived: Mapping[str, Waived]
) -> Iterator[Diagnostic]:
    for rule in INSTANCE_RULES:
        severity = how[rule.name].severity
        if severity is not None:
            for finding, found_on in _found_on(rule, how[rule.name], views, waived).items():
                yield _diagnostic(rule.name, severity, finding, _where(rule, finding, found_on, views))


def _found_on(
    rule: Rule[View], how: Ruling, views: Sequence[View], waived: Mapping[str, Waived]
) -> dict[Finding, list[str]]:
    """Each finding once, with the names of the instances that have it."""
    found_on: dict[Finding, list[str]] = {}
    for view in views:
        name = view.instance.name
        for finding in dict.fromkeys(unwaived(rule.name, how, rule.check(view), waived[name])):
            found_on.setdefault(finding, []).append(name)
    return found_on


def _where(rule: Rule[View], finding: Finding, found_on: Sequence[str], views: Sequence[View]) -> str:
    """The end of a message that says which instances have the problem, if it is not all that the entry is for."""
    concerned = [view for view in views if finding.entry is None or finding.entry.covers(view.instance.name)]
    if len(found_on) == len(concerned) and not rule.names_instances:
        return ""
    names = ", ".join(found_on) if len(found_on) <= NAMED_INSTANCES else f"{len(found_on)} instances"
    return f" (on {names})"


def _diagnostic(rule: str, severity: Severity, finding: Finding, where: str = "") -> Diagnostic:
    return Diagnostic(severity, rule, finding.message + where, finding.location, finding.hint)
