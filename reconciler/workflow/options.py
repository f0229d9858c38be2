"""The choices on the command line: which files, which instances, how to plan."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path

from reconciler.model.errors import WrongUsage
from reconciler.model.labels import covers, labels_of, meant_label, names_for
from reconciler.model.settings import NO_LIMITS, Instance, Limits, Settings
from reconciler.planning.plan.modes import OnDrift, Prune
from reconciler.support.frozen import frozen
from reconciler.support.text import did_you_mean, printable, quoted

_MOST_NAMED = 12
"""Maximum number of instances in a hint."""


@frozen
class ProjectFiles:
    """Where the settings and the declarations are. `clients` defaults to the folder beside the settings."""

    config: Path
    clients: Path | None = None
    config_from: str | None = None
    """The git revision that the settings are taken from; None for the work tree."""

    @property
    def clients_directory(self) -> Path:
        """The folder that holds the declared clients."""
        return self.clients if self.clients is not None else self.config.parent / "clients"


@frozen
class Options:
    """How to plan and apply, besides the settings; None means as in the settings."""

    environ: Mapping[str, str] = field(repr=False)
    prune: Prune = Prune.NONE
    limits: Limits = NO_LIMITS
    timeout: float | None = None
    """Total timeout per request in seconds."""
    only: tuple[str, ...] = ()
    """Globs: limit the plan to matching clients; empty for all."""
    owners: tuple[str, ...] = ()
    """Globs: limit the plan to clients of matching owners; empty for all."""
    base: str | None = None
    """The git revision to separate changes in git from drift, or `applied`; None for no such comparison."""
    on_drift: OnDrift = OnDrift.REFUSE
    discard_secrets: bool = False
    """Whether to create clients whose secret nobody gets, on a version that shows it only once or never."""


@frozen
class WriteOptions:
    """How to write."""

    journal: Path | None = None
    """The directory of all journals; None for the one beside the settings."""
    parallelism: int = 8
    """Maximum number of requests at once."""


@frozen
class Shard:
    """Shard `number` (from 1) of `of` parts of the instances: the same on every machine and in every run."""

    number: int
    of: int

    def holds(self, instance: Instance) -> bool:
        """Whether the instance belongs to it, by its name alone, so that adding an instance moves no other."""
        import hashlib  # takes longer to load than the rest of this module

        return int.from_bytes(hashlib.sha256(instance.name.encode()).digest()) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@frozen
class Selection:
    """Instances by names and globs, or all that are not embedded, or (neither) the default one; perhaps a shard."""

    names: tuple[str, ...] = ()
    all: bool = False
    shard: Shard | None = None

    @property
    def is_explicit(self) -> bool:
        """Whether the instances are chosen explicitly."""
        return self.all or bool(self.names)


def select_instances(settings: Settings, selection: Selection) -> tuple[Instance, ...]:
    """Select the instances of a command, by wave, then as configured; none if the shard is empty.

    Raises `WrongUsage`.
    """
    if selection.all and selection.names:
        raise WrongUsage("--all and --instance exclude each other")
    if selection.shard is not None and not selection.is_explicit:
        raise WrongUsage("--shard picks among several instances", "say which: --all, or --instance with a glob")
    chosen = _all(settings) if selection.all else _named(settings, selection.names or _default(settings))
    return in_shard(sorted(chosen, key=lambda instance: instance.wave), selection.shard)


def require_extras(instances: Iterable[Instance]) -> None:
    """Raise `WrongUsage` if the extra is missing that serves an embedded instance among these, before any request."""
    for instance in instances:
        if instance.embedded is not None:
            from reconciler.model.extras import require

            require("sandbox", f"{quoted(instance.name)} is embedded: it")


def select_all(settings: Settings, *, embedded: bool, shard: Shard | None) -> Selection:
    """The selection of all instances of a shard, with or without the embedded ones."""
    if not embedded:
        return Selection(all=True, shard=shard)
    return Selection(tuple(instance.name for instance in settings.instances), shard=shard)


def in_shard(instances: Iterable[Instance], shard: Shard | None) -> tuple[Instance, ...]:
    """The instances that belong to the shard; all of them without one."""
    return tuple(each for each in instances if shard is None or shard.holds(each))


def _all(settings: Settings) -> list[Instance]:
    chosen = [instance for instance in settings.instances if instance.url is not None]
    if not chosen:
        raise WrongUsage("--all means every instance but the embedded ones, and there is no other", _choices(settings))
    return chosen


def _named(settings: Settings, wanted: tuple[str, ...]) -> list[Instance]:
    for glob in wanted:
        if not names_for(glob, settings.instances):
            raise WrongUsage(f"no instance matches {quoted(glob)}", _meant(glob, settings) or _choices(settings))
    return [instance for instance in settings.instances if covers(wanted, instance)]


def _meant(glob: str, settings: Settings) -> str | None:
    if several := one_flag_each("--instance", glob, lambda part: bool(names_for(part, settings.instances))):
        return several
    if label := meant_label(glob, settings.instances):
        return f"did you mean {quoted(label)}?"
    known = [*(instance.name for instance in settings.instances), *labels_of(settings.instances)]
    return did_you_mean(glob, known)


def one_flag_each(flag: str, value: str, is_known: Callable[[str], bool]) -> str | None:
    """The hint for several values after one flag, with commas or blanks between them; None if it is no such list."""
    parts = [each for each in re.split(r"[,;\s]+", value) if each]
    if len(parts) < len(("one", "two")) or not all(map(is_known, parts)):
        return None
    return "write the flag for each: " + " ".join(f"{flag} {printable(shlex.quote(each))}" for each in parts)


def _default(settings: Settings) -> tuple[str, ...]:
    if settings.default_instance is not None:
        return (settings.default_instance,)
    if len(settings.instances) == 1:
        return (settings.instances[0].name,)
    raise WrongUsage("which instance? reconciler.yaml names no default_instance", f"add --all, or {_choices(settings)}")


def _choices(settings: Settings) -> str:
    names = [instance.name for instance in settings.instances]
    shown, more = names[:_MOST_NAMED], len(names) - _MOST_NAMED
    rest = f" and {more} more: reconciler instances" if more > 0 else ""
    return f"choose with --instance: {', '.join(shown)}{rest}"
