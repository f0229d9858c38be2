"""The comment answers a reviewer's questions before anything is unfolded, and on the first screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from reconciler.render.markdown.comment import render_markdown
from tests.review.changes import CHANGES
from tests.review.comment import visible_lines

SCREEN = 30
"""Lines that are seen without scrolling."""


class Question(NamedTuple):
    """What is asked about a change, what one line says about it, and what no line says."""

    change: str
    ask: str
    answer: Sequence[str] = ()
    nowhere: Sequence[str] = ()


_ASKED = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
QUESTIONS = [Question(each["change"], **question) for each in _ASKED for question in each["questions"]]


def test_ten_changes_are_asked_about_and_two_of_them_deceive() -> None:
    assert [each["change"] for each in _ASKED] == list(CHANGES)
    assert [bool(each.get("hostile")) for each in _ASKED].count(True) == 2
    assert all(question.answer or question.nowhere for question in QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.change}: {question.ask}")
def test_a_question_is_answered_without_a_click(question: Question) -> None:
    lines = visible_lines(render_markdown(CHANGES[question.change]()))
    answers = [line for line in lines[:SCREEN] if all(text in line for text in question.answer)]
    assert answers, lines[:SCREEN]
    assert [line for line in lines for text in question.nowhere if text in line] == []
