"""Set the version everywhere: `make version VERSION=1.2.3`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

from reconciler import __version__
from tests.release.changelog import CHANGELOG, released
from tests.repository.tracked import ROOT

MODULE = ROOT / "reconciler" / "__init__.py"
_PLAIN = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def check(new: str, old: str) -> None:
    """Raise ValueError unless a version is written as 1.2.3 and is no older than the one that is there.

    The same is right for the first release: it is there before anything is released.
    """
    if not _PLAIN.fullmatch(new):
        raise ValueError(f"VERSION is {new!r}; write it as 1.2.3")
    if _numbers(new) < _numbers(old):
        raise ValueError(f"{new} is older than {old}")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def main(new: str) -> None:
    """Write the version and the changelog's section; both or neither."""
    check(new, __version__)
    log = released(CHANGELOG.read_text(encoding="utf-8"), new, datetime.now(UTC).date().isoformat())
    module = MODULE.read_text(encoding="utf-8")
    MODULE.write_text(module.replace(f'__version__ = "{__version__}"', f'__version__ = "{new}"'), encoding="utf-8")
    CHANGELOG.write_text(log, encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except ValueError as problem:
        sys.exit(f"error: {problem}")
