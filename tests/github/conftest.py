"""A repository on GitHub, and the instance that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.projects import platform
from tests.github.flows import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    """A repository with nothing declared, and a fresh instance."""
    with platform(tmp_path / "platform.sqlite3") as served:
        yield Origin(tmp_path, served)
