"""The input and the findings of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.declared.clients.entries import Entry
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import Settings
from reconciler.support.frozen import frozen


@frozen
class RuleFinding:
    """What a rule found, before severities and waivers are applied."""

    message: str
    location: Location
    hint: str | None = None
    entry: Entry | None = None
    """The entry whose `allow:` may waive it."""


@frozen
class RuleConfig:
    """A rule's configuration according to the settings."""

    severity: Severity | None
    """None if the rule is off."""
    waivable: bool
    tunable: bool = True

    def off(self) -> RuleConfig:
        """The same for a rule that is not asked."""
        return RuleConfig(None, self.waivable, self.tunable)


@frozen
class ProjectContext:
    """All declarations and settings, for all instances."""

    entries: tuple[Entry, ...]
    settings: Settings
    rule_configs: Mapping[str, RuleConfig]
    """For every existing rule."""
    complete: bool
    """Whether every file could be loaded."""

    def having(self, key: str) -> Iterable[Entry]:
        """The entries that have a key, in the order of the files."""
        return [entry for entry in self.entries if key in entry.fields]

    @property
    def instance_names(self) -> list[str]:
        """The names of all configured instances."""
        return [instance.name for instance in self.settings.instances]
