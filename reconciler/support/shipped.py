"""Files that the program ships and is not made of: schemas, and workflows to copy."""

from __future__ import annotations

from pathlib import Path

import reconciler


def shipped(name: str, in_checkout: str) -> Path:
    """A folder: of this name in the package if that was installed from a wheel, else at its place in the checkout.

    pyproject.toml says what a wheel takes from where.
    """
    package = Path(reconciler.__file__).parent  # importlib.resources takes longer to load than all of click
    installed = package / name
    return installed if installed.is_dir() else package.parent / in_checkout
