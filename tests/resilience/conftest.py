"""The project of the command line's tests, for runs that everything goes wrong with."""

from __future__ import annotations

from tests.cli.conftest import _quiet_again, project

__all__ = ["_quiet_again", "project"]
