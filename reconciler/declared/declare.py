"""Turn loaded files into the declarations of every instance, and report all problems with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.declared.clients.entries import Entry, read_entries
from reconciler.declared.clients.fast_path import parse_url
from reconciler.declared.clients.resolve import InstanceDeclarations, RuleContext, instance_declarations, resolve
from reconciler.declared.rules.finding import ProjectContext, RuleConfig, RuleFinding
from reconciler.declared.rules.registry import INSTANCE_RULES, PROJECT_RULES, RULES, Rule
from reconciler.declared.rules.waivers import Waived, apply_waivers, rule_configs
from reconciler.declared.yaml.document import Document
from reconciler.model.diagnostics import Diagnostic, Severity, sorted_diagnostics
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import frozen

NAMED_INSTANCES = 2
"""Maximum number of instances that a message names; for more, it gives their number."""


@frozen
class Declared:
    """The declarations of each instance, and every problem with them, in order."""

    by_instance: InstanceDeclarations
    diagnostics: tuple[Diagnostic, ...]
    clients: int
    """Number of clients that should exist, of all instances together."""
    entries: int
    """Number of entries that declare them."""


def declare(
    documents: Sequence[Document], settings: Settings, instances: Sequence[Instance], *, complete: bool
) -> Declared:
    """Resolve valid documents for each of `instances`, and check them against every rule.

    `complete` says whether every file could be loaded: only then can a variable be reported as unused. The order of
    `documents` does not matter; files are sorted by path. Entries that a rule rejects are resolved too, so that all
    problems are found at once: check the diagnostics before using the declarations.
    """
    entries = entries_of(documents)
    files = ProjectContext(entries, settings, rule_configs(RULES, settings.rules), complete)
    contexts = [resolve(entries, instance, settings) for instance in instances]
    waived = {instance.name: Waived(list) for instance in instances}
    found = _judge(files, contexts, waived)
    clients = sum(entry.present for context in contexts for entry in context.entries)
    declaring = sum(entry.present for entry in entries)
    return Declared(instance_declarations(contexts, waived), tuple(found), clients, declaring)


def entries_of(documents: Sequence[Document]) -> tuple[Entry, ...]:
    """The entries of valid documents, in the order in which the rules look at them: by path, then as in the file."""
    in_path_order = sorted(documents, key=lambda document: document.path)
    return tuple(entry for document in in_path_order for entry in read_entries(document))


def rule_errors(entries: Sequence[Entry], settings: Settings, instances: Sequence[Instance]) -> Sequence[Diagnostic]:
    """The errors that the rules find in entries, without the warnings. Of two similar entries, a rule names the later.

    Use it for entries that are not in a file yet, in more than one order.
    """
    configs = rule_configs(RULES, settings.rules)
    only_errors = {name: how if how.severity is Severity.ERROR else how.off() for name, how in configs.items()}
    files = ProjectContext(tuple(entries), settings, only_errors, complete=False)
    contexts = [resolve(entries, instance, settings) for instance in instances]
    return _judge(files, contexts, {instance.name: Waived(list) for instance in instances})


def _judge(
    files: ProjectContext, contexts: Sequence[RuleContext], waived: Mapping[str, Waived]
) -> Sequence[Diagnostic]:
    """What all rules find, in order. What is waived is added to `waived`, by the instance's name."""
    found = sorted_diagnostics([*_judge_files(files), *_judge_instances(contexts, files.rule_configs, waived)])
    parse_url.cache_clear()  # not needed again
    return found


def _judge_files(files: ProjectContext) -> Iterator[Diagnostic]:
    for rule in PROJECT_RULES:
        how = files.rule_configs[rule.name]
        if how.severity is not None:
            for finding in apply_waivers(rule.name, how, rule.check(files), Waived(list)):
                yield _diagnostic(rule.name, how.severity, finding)


def _judge_instances(
    contexts: Sequence[RuleContext], how: Mapping[str, RuleConfig], waived: Mapping[str, Waived]
) -> Iterator[Diagnostic]:
    for rule in INSTANCE_RULES:
        severity = how[rule.name].severity
        if severity is not None:
            for finding, found_on in _found_on(rule, how[rule.name], contexts, waived).items():
                yield _diagnostic(rule.name, severity, finding, _where(rule, finding, found_on, contexts))


def _found_on(
    rule: Rule[RuleContext], how: RuleConfig, contexts: Sequence[RuleContext], waived: Mapping[str, Waived]
) -> dict[RuleFinding, list[str]]:
    """Each finding once, with the names of the instances that have it."""
    found_on: dict[RuleFinding, list[str]] = {}
    for context in contexts:
        name = context.instance.name
        for finding in dict.fromkeys(apply_waivers(rule.name, how, rule.check(context), waived[name])):
            found_on.setdefault(finding, []).append(name)
    return found_on


def _where(
    rule: Rule[RuleContext], finding: RuleFinding, found_on: Sequence[str], contexts: Sequence[RuleContext]
) -> str:
    """The end of a message: which instances have the problem, unless it is all that the entry is for."""
    concerned = [context for context in contexts if finding.entry is None or finding.entry.covers(context.instance)]
    if len(found_on) == len(concerned) and not rule.names_instances:
        return ""
    names = ", ".join(found_on) if len(found_on) <= NAMED_INSTANCES else f"{len(found_on)} instances"
    return f" (on {names})"


def _diagnostic(rule: str, severity: Severity, finding: RuleFinding, where: str = "") -> Diagnostic:
    return Diagnostic(severity, rule, finding.message + where, finding.location, finding.hint)
