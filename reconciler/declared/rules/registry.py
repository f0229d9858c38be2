"""The named rules: the name of each, its severity, and whether an entry may waive it.

Every rule is one function that checks all declarations, for one instance (`RuleContext`) or for all (`ProjectContext`),
and yields its findings. docs/reference/rules.md has a section for each rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from reconciler.declared.clients.resolve import RuleContext
from reconciler.declared.rules import entries, names, policy, redirects, rotation, sinks
from reconciler.declared.rules.finding import ProjectContext, RuleFinding
from reconciler.model.diagnostics import Severity
from reconciler.support.frozen import frozen

Context = TypeVar("Context", RuleContext, ProjectContext)

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@frozen
class Rule(Generic[Context]):
    """A named rule with its defaults, which `rules:` in reconciler.yaml may change if it is `tunable`."""

    name: str
    check: Callable[[Context], Iterable[RuleFinding]]
    severity: Severity = ERROR
    waivable: bool = True
    """Whether `allow:` in an entry may waive it."""
    tunable: bool = True
    names_instances: bool = False
    """Whether the message names the instances even if all of them have the problem."""


INSTANCE_RULES: tuple[Rule[RuleContext], ...] = (
    Rule("redirect-not-absolute", redirects.not_absolute, waivable=False),
    Rule("redirect-scheme", redirects.scheme),
    Rule("redirect-fragment", redirects.fragment),
    Rule("redirect-user-info", redirects.user_info),
    Rule("redirect-wildcard", redirects.wildcard),
    Rule("redirect-comma", redirects.comma, waivable=False),
    Rule("redirect-too-long", redirects.too_long, waivable=False),
    Rule("redirect-no-path", redirects.no_path, waivable=False),
    Rule("redirect-invalid", redirects.invalid, waivable=False),
    Rule("redirect-reserved", redirects.reserved, waivable=False, tunable=False),
    Rule("redirect-plain-http", redirects.plain_http),
    Rule("redirect-loopback", redirects.loopback, WARNING),
    Rule("redirect-host-not-allowed", policy.host_not_allowed),
    Rule("required-field", policy.required_field),
    Rule("name-pattern", policy.name_pattern),
    Rule("owner-not-allowed", policy.owner_not_allowed),
    Rule("grant-forbidden", policy.grant_forbidden),
    Rule("personal-access-denied", policy.personal_access_denied, names_instances=True),
    Rule("justification-without-mention", policy.justification_without_mention),
    Rule("authorization-code-not-alone", entries.authorization_code_not_alone, WARNING),
    Rule("password-without-justification", entries.password_without_justification, WARNING),
    Rule("personal-access-token-without-justification", entries.personal_access_token_without_justification, WARNING),
    Rule("system-client-name", names.system_client_name),
    Rule("duplicate-name", names.duplicate_name, waivable=False, tunable=False),
    Rule("duplicate-id", names.duplicate_id, waivable=False, tunable=False, names_instances=True),
    Rule("name-lookalike", names.name_lookalike),
    Rule("name-invisible", names.name_invisible, WARNING),
    Rule("name-is-previous-name", names.name_is_previous_name),
    Rule("previous-name-is-own", names.previous_name_is_own, WARNING),
    Rule("previous-name-twice", names.previous_name_twice),
    Rule("protected-absent", names.protected_absent, waivable=False),
    Rule("declared-and-ignored", names.declared_and_ignored),
    Rule("owner-without-recipients", sinks.owner_without_recipients, waivable=False, tunable=False),
    Rule("delivery-collision", sinks.delivery_collision, waivable=False, tunable=False),
    Rule("rotate-no-such-day", rotation.rotate_no_such_day, waivable=False, tunable=False),
    Rule("rotate-without-sink", rotation.rotate_without_sink, WARNING),
    Rule("undefined-variable", entries.undefined_variable, waivable=False, tunable=False, names_instances=True),
    Rule("variable-syntax", entries.variable_syntax, waivable=False, tunable=False),
)
"""The rules that check the declarations for one instance."""

PROJECT_RULES: tuple[Rule[ProjectContext], ...] = (
    Rule("unused-variable", entries.unused_variable, WARNING, waivable=False),
    Rule("instances-unknown", entries.instances_unknown),
    Rule("ids-unknown", entries.ids_unknown),
    Rule("allow-unknown", entries.allow_unknown, waivable=False, tunable=False),
    Rule("allow-not-waivable", entries.allow_not_waivable, waivable=False, tunable=False),
    Rule("rules-unknown", entries.rules_unknown, waivable=False, tunable=False),
    Rule("rules-not-tunable", entries.rules_not_tunable, waivable=False, tunable=False),
)
"""The rules that check the files, for all instances."""

RULES: Mapping[str, Rule[Any]] = {
    **{rule.name: rule for rule in INSTANCE_RULES},
    **{rule.name: rule for rule in PROJECT_RULES},
}
"""Every rule, by its name."""
