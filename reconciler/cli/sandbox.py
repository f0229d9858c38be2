"""`reconciler sandbox`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from reconciler.cli.console import Console
from reconciler.cli.options import Lines, files_options, instance_options, option, output_options
from reconciler.errors import WrongUsage
from reconciler.workflow.choices import Files, Selection


@click.group()
def sandbox() -> None:
    """Serve or reset the embedded stand-in."""


@sandbox.command(
    epilog="""\b
Examples:
  reconciler sandbox serve
  reconciler sandbox serve --port 0 --database sandbox.sqlite3 --setting password-policies.login_attempts=3"""
)
@option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@option("--port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="0 takes a free one.")
@option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the state is kept.  [default: nowhere, every start is a fresh installation]",
)
@option(
    "--setting", "settings", multiple=True, type=Lines(), metavar="KEY=VALUE", help="A platform setting; repeatable."
)
def serve(host: str, port: int, database: Path | None, settings: tuple[str, ...]) -> int:
    """Answer like a freshly installed platform, until SIGTERM or Ctrl-C. Prints its URL first."""
    from reconciler.sandbox.server import running

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(database, host=host, port=port, settings=dict(map(_setting, settings))) as url:
        click.echo(url)
        click.echo("accounts: see docs/sandbox.md; stop with Ctrl-C", err=True)
        stop.wait()
    return 0


@sandbox.command(
    epilog="""\b
Examples:
  reconciler sandbox reset
  reconciler sandbox reset --instance sandbox"""
)
@files_options
@instance_options
@option("--database", type=click.Path(path_type=Path), metavar="FILE", help="A database of `sandbox serve` instead.")
@output_options
def reset(files: Files, selection: Selection, database: Path | None, console: Console) -> int:
    """Make embedded instances freshly installed again; everything in them is gone."""
    from reconciler.sandbox.server import reset as start_afresh
    from reconciler.workflow.check import sound_settings
    from reconciler.workflow.choices import select_instances

    if database is not None:
        start_afresh(database)
        console.progress(f"{database}: as freshly installed")
        return 0
    chosen = select_instances(sound_settings(files.config), selection)
    for instance in chosen:
        if instance.embedded is None:
            raise WrongUsage(f"{instance.name} is not embedded: only a sandbox can be reset")
    for instance in chosen:
        if instance.embedded is not None:
            start_afresh(instance.embedded)
            console.progress(f"{instance.name}: as freshly installed")
    return 0


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise WrongUsage(f"--setting wants KEY=VALUE, not '{text}'")
    return key, value
