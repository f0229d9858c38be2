"""`reconciler version`."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from reconciler import __version__


@click.command()
def version() -> int:
    """Print the versions for a bug report."""
    click.echo(f"reconciler {__version__}")
    click.echo(f"python {platform.python_version()} ({platform.system()} {platform.machine()})")
    for name in ("click", "jsonschema", "pyyaml", "requests", "urllib3", "werkzeug"):
        click.echo(f"{name} {metadata.version(name)}")
    click.echo(f"libyaml {'yes' if _has_libyaml() else 'no (slower, same results)'}")
    return 0


def _has_libyaml() -> bool:
    from importlib.util import find_spec

    return find_spec("yaml._yaml") is not None
