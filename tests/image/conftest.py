"""The order of all tests: the image first."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)  # whatever is left out is out by then
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Building it takes minutes, mostly in one process: the other workers run everything else meanwhile."""
    items.sort(key=lambda item: item.path.parent.name != "image")
