"""docs/reference/formats.md names the keys that a journal has, event by event, and every word that can stand there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from reconciler.applying.journal import Heading, WriteAnswer, WriteResult, open_journal
from reconciler.applying.journal_versions import FORMAT_VERSION
from reconciler.applying.report import Applied, DeliveryResult, DeliveryStatus
from reconciler.applying.send import Sent
from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.planning.plan.plan import Create, Note, Plan
from reconciler.secrets.values import DeliveryEvent
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
SPEC = ClientSpec("Customer portal", frozenset({Grant.PASSWORD}))
MADE = Create(SPEC, Note("declared-not-live", "declared, and not live"), source=Location("clients/a.yaml", 1, 1))


def _lines(folder: Path) -> list[dict[str, object]]:
    heading = Heading("20261123T134500Z-7f3a9c", NOW, "1.0.0", "ci@build-7", None, None, None)
    plan = Plan("production", "https://acme.processmaker.net", changes=(MADE,))
    with open_journal(folder, heading, plan, now=lambda: NOW) as journal:
        journal.sending([0], {})
        journal.answered([(0, Sent(MADE, 6))])
        journal.delivered(
            [DeliveryResult("Customer portal", 6, DeliveryEvent.CREATED, "age", DeliveryStatus.DELIVERED)]
        )
        journal.finished([Applied(MADE, 6)], interrupted=False)
    (file,) = folder.rglob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def _rows(heading: str) -> list[list[str]]:
    """What stands in code in each cell of the first two columns, below a heading."""
    section = re.split(r"^##+ ", PAGE.split(f"### {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [row.split("|")[1:3] for row in section.splitlines() if row.startswith("| `")]
    return [re.findall(r"`([a-z_]+)`", cell) for row in cells for cell in row]


def test_the_first_line_has_the_documented_keys(tmp_path: Path) -> None:
    begun = _lines(tmp_path)[0]
    assert begun["format_version"] == FORMAT_VERSION
    assert sorted(key for keys in _rows("`begun`: the first line")[::2] for key in keys) == sorted(begun)


def test_every_other_line_has_the_documented_keys(tmp_path: Path) -> None:
    cells = _rows("The lines after it")
    documented = {cells[i][0]: cells[i + 1] for i in range(0, len(cells), 2)}
    found = {str(line["event"]): sorted(line.keys() - {"at", "event"}) for line in _lines(tmp_path)[1:]}
    for event, keys in found.items():
        assert sorted(documented[event]) == keys
    outcomes = _lines(tmp_path / "again")[-1]["outcomes"]
    assert isinstance(outcomes, list)
    assert sorted(key for key in documented if key not in found) == sorted(outcomes[0])


def test_every_word_that_can_stand_there_is_explained() -> None:
    words = [*WriteAnswer, *WriteResult, *DeliveryStatus]
    assert [word for word in words if f"`{word}`" not in PAGE] == []
