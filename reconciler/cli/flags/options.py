"""Flags that several commands share. `RECONCILER_<FLAG>` sets each of them too, with one value per line."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from reconciler.cli.flags import completion
from reconciler.cli.flags.types import MultiLine, Seconds, Verbosity, WholeNumber, parse_shard
from reconciler.cli.output.console import Console, start_console, start_offline_console
from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Limits
from reconciler.planning.plan.modes import OnDrift, Prune
from reconciler.workflow.options import Options, ProjectFiles, Selection, Shard, WriteOptions

DEFAULT_CONFIG = Path("reconciler.yaml")
_WHICH_BASE = "name a revision: --base origin/main; or what was applied last: --base applied"


def env(flag: str) -> str:
    """Return the environment variable of a flag: `RECONCILER_INSTANCE` for `--instance`."""
    return "RECONCILER_" + flag.lstrip("-").replace("-", "_").upper()


def option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """Return a click option that its environment variable can set too. The first name is the long one."""
    return click.option(*names, envvar=env(names[0]), show_envvar=True, **attributes)


def combined_option(name: str, build: Callable[..., Any], *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that reads several flags and passes them to the command as one value, `build(**flags)`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def gather(**values: Any) -> Any:
            parts = {key: values.pop(key) for key in inspect.signature(build).parameters}
            return command(**{name: build(**parts)}, **values)

        for decorator in reversed(options):
            gather = decorator(gather)
        return gather

    return decorate


def _files(config: Path, config_from: str | None, clients: Path | None) -> ProjectFiles:
    return ProjectFiles(config, clients, config_from)


def _write_options(journal: Path | None, parallelism: int) -> WriteOptions:
    return WriteOptions(journal, parallelism)


def _work_tree(config: Path, clients: Path | None) -> ProjectFiles:
    return ProjectFiles(config, clients)


def _selection(instances: tuple[str, ...], all_instances: bool, shard: Shard | None) -> Selection:
    """A flag wins over the environment: `--all` over RECONCILER_INSTANCE, and `-i` over RECONCILER_ALL."""
    context = click.get_current_context()
    typed = {each for each in context.params if context.get_parameter_source(each) is ParameterSource.COMMANDLINE}
    if "instances" in typed and "all_instances" not in typed:
        return Selection(instances, shard=shard)
    if "all_instances" in typed and "instances" not in typed:
        return Selection((), all_instances, shard)
    return Selection(instances, all_instances, shard)


def _options(
    prune: str | None,
    only: tuple[str, ...],
    owners: tuple[str, ...],
    base: str | None,
    on_drift: str | None,
    limits: Limits,
    timeout: float | None,
    discard_secrets: bool,
) -> Options:
    if base is None and prune == Prune.REMOVED:
        raise WrongUsage(
            "--prune removed needs --base: it deletes what the base declares and the files no longer do", _WHICH_BASE
        )
    if base is None and on_drift is not None:
        raise WrongUsage("--on-drift needs --base: without a base, drift cannot be recognised", _WHICH_BASE)
    how = OnDrift(on_drift or "refuse")
    return Options(os.environ, Prune(prune or "none"), limits, timeout, only, owners, base, how, discard_secrets)


def _limited(limits: Limits, timeout: float | None, discard_secrets: bool) -> Options:
    return Options(os.environ, limits=limits, timeout=timeout, discard_secrets=discard_secrets)


def _limits(
    max_creates: int | None,
    max_updates: int | None,
    max_deletes: int | None,
    max_deliveries: int | None,
    max_issuer_changes: int | None,
) -> Limits:
    return Limits(max_creates, max_updates, max_deletes, max_deliveries, max_issuer_changes)


def _limit(kind: str, explained: str | None = None, most: int | None = None) -> Callable[[Any], Any]:
    explained = explained or f"Allow up to N {kind} in this run; overrides the configured limit."
    return option(f"--max-{kind}", type=WholeNumber(min=0, max=most), metavar="N", help=explained)


config_option = option(
    "--config",
    "-c",
    type=click.Path(path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    metavar="FILE",
    help="Configuration file: instances and policy.",
)

_TRUSTED = "Read the configuration from a trusted git revision, such as origin/main, not from the work tree."
config_from_option = option("--config-from", metavar="REF", help=_TRUSTED)

_clients_option = option(
    "--clients",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with the declared clients.  [default: clients/ beside the configuration]",
)

files_options = combined_option("files", _files, config_option, config_from_option, _clients_option)

work_tree_options = combined_option("files", _work_tree, config_option, _clients_option)
"""For a command that writes the files, or that works only on the work tree."""

instance_option = option(
    "--instance",
    "-i",
    "instances",
    multiple=True,
    type=MultiLine(),
    metavar="NAME",
    shell_complete=completion.instances,
    help="Instance name, glob, or label:NAME; repeatable.  [default: default_instance]",
)

instance_options = combined_option(
    "selection",
    _selection,
    instance_option,
    option("--all", "all_instances", is_flag=True, help="Select all instances except embedded ones."),
    option(
        "--shard",
        callback=parse_shard,
        metavar="K/N",
        help="Process only shard K of N (stable by instance name).",
    ),
)

timeout_option = option(
    "--timeout", type=Seconds(), metavar="SECONDS", help="Total timeout per request.  [default: 30]"
)

_discard_option = option(
    "--discard-secrets",
    is_flag=True,
    help="Create clients even if no sink receives their secret. Version 2026 shows it once, so it is lost.",
)

_ISSUER = "With 1, allow a change of the client that issues all personal access tokens (version 2026)."
_kinds = (*map(_limit, ("creates", "updates", "deletes", "deliveries")), _limit("issuer-changes", _ISSUER, 1))
_max_changes = combined_option("limits", _limits, *_kinds)

planning_options = combined_option(
    "options",
    _options,
    # No environment variable: deletions must be visible in the command itself.
    click.option(
        "--prune",
        type=click.Choice(["removed", "all"]),
        help="Also delete clients that were removed from the files since --base, or all unmanaged clients. "
        "System, ignored and unsupported clients are never deleted.",
    ),
    option(
        "--base",
        metavar="REF",
        help="Compare with REF to separate changes in git from manual changes; `applied` is the last applied revision.",
    ),
    option(
        "--on-drift",
        type=click.Choice([each.value for each in OnDrift]),
        help="What to do about manual changes since --base: refuse to overwrite, keep or revert them."
        "  [default: refuse]",
    ),
    option(
        "--only",
        multiple=True,
        type=MultiLine(),
        metavar="GLOB",
        help="Limit the plan to matching clients; repeatable.",
    ),
    option(
        "--owner",
        "owners",
        multiple=True,
        type=MultiLine(),
        metavar="GLOB",
        help="Limit the plan to clients of matching owners; repeatable.",
    ),
    _max_changes,
    timeout_option,
    _discard_option,
)

limit_options = combined_option("options", _limited, _max_changes, timeout_option, _discard_option)

journal_option = option(
    "--journal",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the audit journal.  [default: .reconciler/journal beside the configuration]",
)

parallelism_option = option(
    "--parallelism",
    type=WholeNumber(min=1, max=64),
    default=8,
    show_default=True,
    metavar="N",
    help="Maximum concurrent requests, over all instances.",
)

writing_options = combined_option("write_options", _write_options, journal_option, parallelism_option)

# No environment variable: it must be visible in the command itself that a pipeline writes.
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation. Required without a terminal.")

quiet_option = option("--quiet", "-q", is_flag=True, help="Print only problems on stderr.")

_talk = (
    option("--no-color", is_flag=True, help="Disable colours. NO_COLOR works too."),
    quiet_option,
    option(
        "--verbose", "-v", count=True, type=Verbosity(), help="Log to stderr; -vv logs every request, never its body."
    ),
    option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Format of the log on stderr: text, or a JSON object per line.",
    ),
)


def output_options_in(*formats: str, start: Callable[..., Console] = start_console) -> Callable[[Any], Any]:
    """Return the output flags of a command. Its results have one of these formats; the first is the default."""
    choose = option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )
    return combined_option("console", start, choose, *_talk)


output_options = output_options_in("text", "json")

offline_output_options = output_options_in("text", "json", start=start_offline_console)
"""For a command that contacts no instance."""

plain_output_options = combined_option("console", functools.partial(start_console, "text"), *_talk)

plain_offline_output_options = combined_option("console", functools.partial(start_offline_console, "text"), *_talk)


def typed_flags(names: Sequence[str]) -> list[str]:
    """Return which of these parameters are on the command line, as flags; not those set by the environment."""
    context = click.get_current_context()
    typed = [each for each in names if context.get_parameter_source(each) is ParameterSource.COMMANDLINE]
    flags = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    return [flags[name] for name in typed]
