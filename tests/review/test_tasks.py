"""The tasks of tasks.yaml lead to files that exist."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]


class Task(NamedTuple):
    """What somebody is asked to do, and where that begins, below reconciler/."""

    task: str
    expected: list[str]


ROUNDS = [
    [Task(**task) for task in each]
    for each in yaml.safe_load(Path(__file__).with_name("tasks.yaml").read_text(encoding="utf-8"))["rounds"]
]
TASKS = [task for each in ROUNDS for task in each]


def test_there_are_two_rounds_of_ten_tasks() -> None:
    """Each asked once."""
    assert [len(each) for each in ROUNDS] == [10, 10]
    assert len({each.task for each in TASKS}) == len(TASKS)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.task)
def test_what_a_task_expects_exists(task: Task) -> None:
    """One file at least, and no more than the three that may be named."""
    assert 1 <= len(task.expected) <= 3
    assert [path for path in task.expected if not (ROOT / "reconciler" / path).is_file()] == []
