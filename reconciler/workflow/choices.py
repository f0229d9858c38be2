"""What somebody chose on the command line: which files, which instances, how to plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import WrongUsage
from reconciler.names import matches
from reconciler.planning.plan import Prune
from reconciler.settings import NO_LIMITS, Instance, Limits, Settings
from reconciler.text import did_you_mean, quoted


@dataclass(frozen=True, slots=True)
class Files:
    """Where the settings and the declarations are. `clients` defaults to the folder beside the settings."""

    config: Path
    clients: Path | None = None

    @property
    def clients_directory(self) -> Path:
        """The folder that holds the declared clients."""
        return self.clients if self.clients is not None else self.config.parent / "clients"


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan and apply, beyond what the settings say; None leaves the settings' word."""

    environ: Mapping[str, str] = field(repr=False)
    prune: Prune = Prune.NONE
    limits: Limits = NO_LIMITS
    timeout: float | None = None
    """Seconds for one request in all."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How to write."""

    journal: Path | None = None
    """The directory of all journals; None for the one beside the settings."""
    parallelism: int = 8
    """Requests under way at once."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Names and globs of instances, or all that are not embedded, or (neither) the default one."""

    names: tuple[str, ...] = ()
    all: bool = False

    @property
    def is_explicit(self) -> bool:
        """Whether somebody said which instances are meant."""
        return self.all or bool(self.names)


def select_instances(settings: Settings, selection: Selection) -> tuple[Instance, ...]:
    """The instances that a command is for, by wave, then as configured. Raises `WrongUsage`."""
    if selection.all and selection.names:
        raise WrongUsage("--all and --instance exclude each other")
    chosen = _all(settings) if selection.all else _named(settings, selection.names or _default(settings))
    return tuple(sorted(chosen, key=lambda instance: instance.wave))


def _all(settings: Settings) -> list[Instance]:
    chosen = [instance for instance in settings.instances if instance.url is not None]
    if not chosen:
        raise WrongUsage("--all means every instance but the embedded ones, and there is no other", _choices(settings))
    return chosen


def _named(settings: Settings, wanted: tuple[str, ...]) -> list[Instance]:
    for glob in wanted:
        if not any(matches(glob, instance.name) for instance in settings.instances):
            known = [instance.name for instance in settings.instances]
            raise WrongUsage(f"no instance matches {quoted(glob)}", did_you_mean(glob, known) or _choices(settings))
    return [i for i in settings.instances if any(matches(glob, i.name) for glob in wanted)]


def _default(settings: Settings) -> tuple[str, ...]:
    if settings.default_instance is not None:
        return (settings.default_instance,)
    if len(settings.instances) == 1:
        return (settings.instances[0].name,)
    raise WrongUsage("which instance? reconciler.yaml names no default_instance", _choices(settings))


def _choices(settings: Settings) -> str:
    return f"choose with --instance: {', '.join(instance.name for instance in settings.instances)}"
