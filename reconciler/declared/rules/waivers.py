"""Apply the settings to rules: severities, and which rules may be and are waived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.declared.clients.entries import Entry
from reconciler.declared.rules.finding import RuleConfig, RuleFinding
from reconciler.declared.rules.registry import Rule
from reconciler.model.clients import Waiver
from reconciler.model.settings import RuleSetting

_AS_IT_IS = RuleSetting()

Waived = defaultdict[Entry, list[Waiver]]
"""The waivers of each entry, collected as the rules run."""


def rule_configs(rules: Mapping[str, Rule[Any]], settings: Mapping[str, RuleSetting]) -> dict[str, RuleConfig]:
    """The configuration of each rule, by name."""
    return {name: _rule_config(rule, settings.get(name, _AS_IT_IS)) for name, rule in rules.items()}


def apply_waivers(name: str, how: RuleConfig, findings: Iterable[RuleFinding], waived: Waived) -> Iterator[RuleFinding]:
    """The findings of a rule, except those that their entry's `allow:` waives: these are added to `waived`."""
    for finding in findings:
        if how.waivable and finding.entry is not None and name in finding.entry.allow:
            waived[finding.entry].append(Waiver(name, finding.message))
        else:
            yield finding


def _rule_config(rule: Rule[Any], setting: RuleSetting) -> RuleConfig:
    if not rule.tunable:
        return RuleConfig(rule.severity, rule.waivable, tunable=False)
    severity = None if setting.off else setting.severity or rule.severity
    return RuleConfig(severity, rule.waivable if setting.waivable is None else setting.waivable)
