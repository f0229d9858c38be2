"""The comment answers a reviewer's questions before anything is unfolded, and on the first screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from reconciler.render.markdown.comment import render_markdown
from tests.builders import declare, live, present, spec
from tests.review.changes import CHANGES, COMMIT, Entries, run
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


@pytest.mark.parametrize("change", CHANGES)
def test_a_comment_for_twelve_instances_is_short(change: str) -> None:
    assert len(render_markdown(CHANGES[change]()).encode()) < 4_000


@pytest.mark.parametrize("pattern", ["https://{name}.example.com/{number}/cb", "https://app.example.com/{number}/cb"])
@pytest.mark.parametrize("before", [None, "https://old.example.com/cb"])
def test_a_change_of_25_clients_on_twelve_instances_is_under_20_kilobytes(pattern: str, before: str | None) -> None:
    """Whether the URLs have the name of the instance in them or not, nothing that decides is left out."""

    def entries(name: str) -> Entries:
        names = [f"Application {number:02}" for number in range(25)]
        urls = [pattern.format(name=name, number=number) for number in range(25)]
        wanted = [
            present(spec(client, redirect=url), line=9 * number, owner="team-portal")
            for number, (client, url) in enumerate(zip(names, urls, strict=True), 1)
        ]
        seen = [live(number, spec(client, redirect=before)) for number, client in enumerate(names, 200) if before]
        return declare(*wanted), tuple(seen)

    overview = replace(run(entries), blob_url=f"https://github.com/acme/identity-provider/blob/{COMMIT}/")
    markdown = render_markdown(overview)
    assert len(markdown.encode()) < 20_000
    assert sum("all 12 instances" in line for line in visible_lines(markdown)) == 26
    assert "did not fit" not in markdown
