"""The rules for grants, and for references in entries and settings: one function per rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from reconciler.declared.clients.entries import is_blank
from reconciler.declared.clients.resolve import RuleContext
from reconciler.declared.clients.variables import names_in
from reconciler.declared.rules.finding import ProjectContext, RuleFinding
from reconciler.model.clients import Grant
from reconciler.model.labels import LABEL, labels_of, meant_label, names_for
from reconciler.model.lines import expected_capabilities
from reconciler.project import PROJECT
from reconciler.support.text import closest, did_you_mean, enumeration, quoted, some

_ALL_RULES = PROJECT.document("docs/reference/rules.md")


def authorization_code_not_alone(context: RuleContext) -> Iterator[RuleFinding]:
    """Before 2026 the token endpoint refuses the code of a client that also has another grant."""
    capabilities = expected_capabilities(context.instance.platform)
    for entry in context.entries:
        if len(entry.grants) > 1 and capabilities.refuses_code_exchange(entry.grants):  # few have several
            others = enumeration(
                grant for grant in Grant if grant in entry.grants and grant != Grant.AUTHORIZATION_CODE
            )
            message = (
                f"authorization_code does not work together with {others}: the token endpoint refuses the exchange"
            )
            hint = "declare one client for each"
            yield RuleFinding(message, entry.place("grants", Grant.AUTHORIZATION_CODE, key=True), hint, entry)


def password_without_justification(context: RuleContext) -> Iterator[RuleFinding]:
    """With this grant, an application sees users' passwords."""
    return _without_justification(context, Grant.PASSWORD, "lets an application ask people for their passwords")


def personal_access_token_without_justification(context: RuleContext) -> Iterator[RuleFinding]:
    """With this grant, anyone with the client's secret can impersonate any user, or it issues every user's tokens."""
    danger = "lets whoever has the secret act as any user"
    if not expected_capabilities(context.instance.platform).mints_tokens_for_anybody:
        danger = "makes the client issue the personal access tokens of all users"
    return _without_justification(context, Grant.PERSONAL_ACCESS_TOKEN, danger)


def _without_justification(context: RuleContext, grant: Grant, danger: str) -> Iterator[RuleFinding]:
    for entry in context.entries:
        if grant in entry.grants and _is_unjustified(entry.grants[grant]):
            hint = f"write '{grant}: {{justification: why it is needed}}'"
            yield RuleFinding(f"{grant} {danger}, and has no justification", entry.grant_place(grant), hint, entry)


def _is_unjustified(value: object) -> bool:
    return not isinstance(value, dict) or is_blank(value.get("justification"))


def undefined_variable(context: RuleContext) -> Iterator[RuleFinding]:
    """A URL with an undefined variable must never reach an instance."""
    defined = context.instance.variables
    for unresolved in context.unresolved:
        for name in unresolved.substituted.undefined:
            near = closest(name, defined)
            guess = f"did you mean '${{{near}}}'? if not, " if near else ""
            hint = f"{guess}define it under variables: in {context.settings.path.name}, at the top or of the instance"
            yield RuleFinding(f"variable {quoted(name)} is not defined", unresolved.place, hint, unresolved.entry)


def variable_syntax(context: RuleContext) -> Iterator[RuleFinding]:
    """An invalid reference must not be treated as text."""
    for unresolved in context.unresolved:
        written = quoted(unresolved.entry.redirects[unresolved.position])
        for fault in unresolved.substituted.faults:
            hint = "write '${name}', with letters, digits and '_'; '$${' stands for a literal '${'"
            yield RuleFinding(f"redirect URL {written} {fault}", unresolved.place, hint, unresolved.entry)


def unused_variable(files: ProjectContext) -> Iterator[RuleFinding]:
    """An unused variable is a typo or a leftover."""
    if not files.complete:
        return
    unused = _unused({name for name, _ in files.settings.variable_sources}, files)
    for name, place in files.settings.variable_sources:
        if name in unused:
            hint = f"remove it, or write ${{{name}}} in a redirect_url"
            yield RuleFinding(f"nothing uses the variable {quoted(name)}", place, hint)


def _unused(names: set[str], files: ProjectContext) -> set[str]:
    """The names that no redirect URL refers to. Most files use every variable within a few entries."""
    for entry in files.entries:
        if not names:
            break
        for url in entry.redirects:
            if any(f"${{{name}}}" in url for name in names):  # it may be a literal: `$${name}`
                names = names.difference(names_in(url))
    return names


def instances_unknown(files: ProjectContext) -> Iterator[RuleFinding]:
    """An entry for an instance or label that does not exist would silently have no effect."""
    is_known = cache(lambda glob: bool(names_for(glob, files.settings.instances)))  # many entries share a few globs
    for entry in files.having("instances"):
        for position, glob in enumerate(entry.instances or ()):
            if not is_known(glob):
                message, hint = _unknown_instance(glob, files)
                yield RuleFinding(message, entry.place("instances", position), hint, entry)


def _unknown_instance(glob: str, files: ProjectContext) -> tuple[str, str]:
    """The message and the hint."""
    is_glob = "*" in glob or "?" in glob
    labels = labels_of(files.settings.instances)
    if not glob.startswith(LABEL):
        meant = meant_label(glob, files.settings.instances)
        hint = f"did you mean {quoted(meant)}?" if meant else _which_instance(glob, files)
        return f"no instance is {'matched by' if is_glob else 'called'} {quoted(glob)}", hint
    label = glob.removeprefix(LABEL)
    message = f"no instance has {'a label that matches' if is_glob else 'the label'} {quoted(label)}"
    where = files.settings.instances[0].location.path  # with the revision, if it is not the work tree's
    if not labels:
        return message, f"add it to an instance in {where}: `labels: [eu]`"
    near = closest(label, [each.removeprefix(LABEL) for each in labels])
    return message, f"did you mean {quoted(LABEL + near)}?" if near else f"{where} has {some(labels)}"


def ids_unknown(files: ProjectContext) -> Iterator[RuleFinding]:
    """An ID for an instance that does not exist has no effect."""
    names = files.instance_names
    for entry in files.having("ids"):
        for name in entry.ids:
            if name not in names:
                message = f"no instance is called {quoted(name)}"
                hint = _which_instance(name, files, globs=False)
                yield RuleFinding(message, entry.place("ids", name, key=True), hint, entry)


def _which_instance(name: str, files: ProjectContext, *, globs: bool = True) -> str:
    names = files.instance_names
    there_are = f"{files.settings.path.name} has {enumeration(sorted(names)[:10])}" if names else "none is configured"
    if not globs and ("*" in name or "?" in name or name.startswith(LABEL)):
        what = "labels" if name.startswith(LABEL) else "globs"
        return f"`ids:` takes no {what}, since an id is another client elsewhere; {there_are}"
    if globs and name.casefold() == "all" and name not in names:
        return "leave `instances:` out: without it, an entry is for all of them"
    return did_you_mean(name, names) or there_are


def allow_unknown(files: ProjectContext) -> Iterator[RuleFinding]:
    """A waiver of a rule that does not exist has no effect."""
    for entry in files.having("allow"):
        for position, name in enumerate(entry.allow):
            if name not in files.rule_configs:
                hint = did_you_mean(name, files.rule_configs) or f"{_ALL_RULES} lists all rules"
                yield RuleFinding(f"no rule is called {quoted(name)}", entry.place("allow", position), hint, entry)


def allow_not_waivable(files: ProjectContext) -> Iterator[RuleFinding]:
    """Some rules prevent what cannot work, or what a single entry must not decide."""
    for entry in files.having("allow"):
        for position, name in enumerate(entry.allow):
            config = files.rule_configs.get(name)
            if config is not None and not config.waivable:
                message = f"the rule {name} cannot be waived"
                yield RuleFinding(message, entry.place("allow", position), "remove it, and follow the rule", entry)


def rules_unknown(files: ProjectContext) -> Iterator[RuleFinding]:
    """A setting for a rule that does not exist has no effect."""
    for name, place in files.settings.rule_sources:
        if name not in files.rule_configs:
            hint = did_you_mean(name, files.rule_configs) or f"{_ALL_RULES} lists all rules"
            yield RuleFinding(f"no rule is called {quoted(name)}", place, hint)


def rules_not_tunable(files: ProjectContext) -> Iterator[RuleFinding]:
    """Without some rules, the declarations would be ambiguous."""
    for name, place in files.settings.rule_sources:
        config = files.rule_configs.get(name)
        if config is not None and not config.tunable:
            message = f"the rule {name} cannot be tuned: it prevents ambiguous declarations"
            yield RuleFinding(message, place, "remove the setting")
