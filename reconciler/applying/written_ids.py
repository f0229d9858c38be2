"""Which clients past applies wrote: read line by line, since a plan needs nothing else of their journals."""

from __future__ import annotations

import json
from pathlib import Path

_ANSWERED = b'"event":"answered"'


def written_ids(folder: Path) -> frozenset[int]:
    """The ids of the clients that an instance accepted a write of, by the journals of one instance."""
    return frozenset(client for file in folder.glob("*.jsonl") for client in _ids_in(file))


def _ids_in(file: Path) -> list[int]:
    try:
        lines = [json.loads(line) for line in file.read_bytes().splitlines() if _ANSWERED in line]
    except (OSError, ValueError):  # `history` says what is wrong with it
        return []
    return [line["id"] for line in lines if isinstance(line, dict) and isinstance(line.get("id"), int)]
