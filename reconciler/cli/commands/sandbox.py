"""`reconciler sandbox`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import config_option, instance_option, option, quiet_option
from reconciler.cli.flags.types import MultiLine, WholeNumber
from reconciler.cli.groups import CommandGroup
from reconciler.cli.output.console import Console
from reconciler.cli.output.signals import signals_restored, stop_signals
from reconciler.cli.output.streams import print_result, say
from reconciler.model.errors import WrongUsage
from reconciler.project import PROJECT
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted
from reconciler.workflow.options import Selection

if TYPE_CHECKING:
    from reconciler.model.settings import Settings


@click.group(
    cls=CommandGroup,
    epilog="""\b
Examples:
  reconciler sandbox serve
  reconciler sandbox reset""",
)
def sandbox() -> None:
    """Run or reset the local emulator."""


@sandbox.command(
    epilog="""\b
Examples:
  reconciler sandbox serve
  reconciler sandbox serve --port 0 --database sandbox.sqlite3 --setting password-policies.login_attempts=3
  reconciler sandbox serve --platform 4.6.3
  reconciler sandbox serve --platform 2026 --upgraded"""
)
@option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@option(
    "--port",
    type=WholeNumber(0, 65535),
    default=8089,
    show_default=True,
    help="Port to listen on; 0 selects a free one.",
)
@option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Database file.  [default: none; every start is a fresh installation]",
)
@option(
    "--setting",
    "settings",
    multiple=True,
    type=MultiLine(),
    metavar="KEY=VALUE",
    help="Platform setting; repeatable.",
)
@option(
    "--platform",
    metavar="VERSION",
    help="4.0 to 4.15, 2026-hashed, 2026-owner-only or 2026.  [default: that of the database, else 4.15.6]",
)
@option("--upgraded", is_flag=True, help="Emulate 2026 after an upgrade from 4.15; upgrades a 4.x database.")
def serve(
    host: str, port: int, database: Path | None, settings: tuple[str, ...], platform: str | None, upgraded: bool
) -> int:
    """Run an emulator of a fresh installation.

    Prints its URL on the first line when it is ready. Stops on SIGTERM or Ctrl-C.
    """
    from reconciler.model.extras import require
    from reconciler.sandbox.serve import running

    require("sandbox", "reconciler sandbox serve")
    stop = threading.Event()
    chosen = dict(map(_setting, settings))
    with (
        signals_restored(),
        running(database, host=host, port=port, settings=chosen, platform=platform, upgraded=upgraded) as url,
    ):
        for number in stop_signals():
            signal.signal(number, lambda *_: stop.set())
        print_result(f"{url}\n")
        say(f"accounts: see {PROJECT.document('docs/reference/sandbox.md')}; stop with Ctrl-C\n")
        stop.wait()
    return 0


@sandbox.command(
    epilog="""\b
Examples:
  reconciler sandbox reset
  reconciler sandbox reset --instance sandbox"""
)
@config_option
@instance_option
@option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Database file of `sandbox serve` to reset instead.",
)
@quiet_option
def reset(config: Path, instances: tuple[str, ...], database: Path | None, quiet: bool) -> int:
    """Reset embedded instances to a fresh installation.

    All their data is deleted.
    """
    from reconciler.sandbox.serve import reset as start_afresh
    from reconciler.workflow.validate import valid_settings

    if database is not None:
        databases = [_Database(str(database), database, None)]
    else:
        databases = _embedded(valid_settings(config), Selection(instances))
    for each in databases:
        start_afresh(each.file, each.platform)
        Console(quiet=quiet).progress(f"{each.name}: reset to a fresh installation")
    return 0


@frozen
class _Database:
    name: str
    file: Path
    platform: str | None
    """None is the platform that it is of already."""


def _embedded(settings: Settings, selection: Selection) -> list[_Database]:
    """Return the databases of the chosen instances. Raises `WrongUsage` if one of them is a real instance."""
    from reconciler.workflow.options import select_instances

    databases = []
    for instance in select_instances(settings, selection):
        if instance.embedded is None:
            boxes = ", ".join(each.name for each in settings.instances if each.embedded is not None)
            hint = f"choose with --instance: {boxes}" if boxes else None
            raise WrongUsage(f"{instance.name} is not embedded: only a sandbox can be reset", hint)
        databases.append(_Database(instance.name, instance.embedded, instance.platform))
    return databases


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise WrongUsage(f"--setting takes KEY=VALUE, not {quoted(text)}")
    return key, value
