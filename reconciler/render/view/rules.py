"""Where a rule is explained."""

from __future__ import annotations

from reconciler.project import Addresses


def rule_page(project: Addresses, rule: str) -> str | None:
    """The URL of the section about a rule; None if there is no site, or no rule of this name."""
    if project.site is None:
        return None
    from reconciler.declared.rules.registry import RULES

    return project.rule_page(rule) if rule in RULES else None
