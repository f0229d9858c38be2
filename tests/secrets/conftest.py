"""Keys, made once: those of ssh-keygen take their time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.secrets.handing import Key, make_key


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder: Path = tmp_path_factory.mktemp("keys")
    kinds = {"age": "age", "other": "age", "ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}
    return {name: make_key(folder, name, kind) for name, kind in kinds.items()}
