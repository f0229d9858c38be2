"""`reconciler version`."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import click

from reconciler import __version__
from reconciler.cli.output.streams import print_result
from reconciler.model.extras import LIBRARIES, is_installed


@click.command(
    epilog="""\b
Examples:
  reconciler version"""
)
def version() -> int:
    """Print version information for a bug report."""
    print_result("".join(f"{line}\n" for line in _lines()))
    return 0


def _lines() -> Iterator[str]:
    from importlib import metadata

    yield f"reconciler {__version__}"
    yield f"python {platform.python_version()} ({platform.system()} {platform.machine()})"
    for name in ("click", "jsonschema", "pyyaml", "requests", "urllib3", "filelock"):
        yield f"{name} {metadata.version(name)}"
    for extra, library in LIBRARIES.items():
        yield f"{library} {metadata.version(library) if is_installed(extra) else f'no (extra {extra!r})'}"
    yield f"libyaml {'yes' if _has_libyaml() else 'no (slower, same results)'}"


def _has_libyaml() -> bool:
    from importlib.util import find_spec

    return find_spec("yaml._yaml") is not None
