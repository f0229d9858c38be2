"""The flags of a command, for the command that is suggested next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.cli.flags.options import DEFAULT_CONFIG
from reconciler.planning.plan.modes import OnDrift, Prune
from reconciler.workflow.options import Options, ProjectFiles, Selection

if TYPE_CHECKING:
    from reconciler.model.settings import Settings
    from reconciler.results import ApplyResult


def repeated_flags(files: ProjectFiles, options: Options) -> list[str]:
    """Return the flags that shape a plan, for the suggested next command."""
    given = {
        "--config": files.config if files.config != DEFAULT_CONFIG else None,
        "--clients": files.clients,
        "--config-from": files.config_from,
        "--prune": options.prune if options.prune is not Prune.NONE else None,
        "--base": options.base,
        "--on-drift": options.on_drift if options.on_drift is not OnDrift.REFUSE else None,
        "--max-creates": options.limits.creates,
        "--max-updates": options.limits.updates,
        "--max-deletes": options.limits.deletes,
        "--max-deliveries": options.limits.deliveries,
        "--max-issuer-changes": options.limits.issuer_changes,
    }
    words = [word for flag, value in given.items() if value is not None for word in (flag, str(value))]
    words += [word for glob in options.only for word in ("--only", glob)]
    words += ["--discard-secrets"] if options.discard_secrets else []
    return [*words, *(word for glob in options.owners for word in ("--owner", glob))]


def flags_for(results: Sequence[ApplyResult], settings: Settings) -> list[str]:
    """Return the flags that select the instances of these results, if there is a shorter way than naming them."""
    names = {each.instance.name for each in results}
    return ["--all"] if names == {each.name for each in settings.instances if each.url is not None} else []


def selection_flags(selection: Selection) -> list[str]:
    """Return the flags that select the same instances again."""
    words = ["--all"] if selection.all else [word for name in selection.names for word in ("--instance", name)]
    return [*words, "--shard", str(selection.shard)] if selection.shard else words
