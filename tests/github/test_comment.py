"""The comment of a pull request, also of a fork whose author means harm."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.github.runner import HERE, Ran, Runner, missing_secrets, step_of

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

COMMIT = "4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"
COMMENTS = f"repos/{HERE}/issues/12/comments"
EVIL = "$(touch hurt)`touch hurt`\";touch hurt;'|touch hurt"
BOT = {"login": "github-actions[bot]"}


def zipped(text: bytes, member: str = "plan.md") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return packed.getvalue()


class Review:
    """A run of plan.yml that has ended, and comment.yml after it."""

    def __init__(self, folder: Path) -> None:
        self.runner = Runner(folder)
        self.owner, self.branch, self.repository = "stranger", "feature", "stranger/clients"
        self.state: dict[str, Any] = {f"repos/{HERE}/pulls": [], COMMENTS: []}

    def pull_request(self, number: int = 12, commit: str = COMMIT) -> None:
        head = {"user": self.owner, "ref": self.branch, "sha": commit}
        self.state[f"repos/{HERE}/pulls"].append({"number": number, "head": head})
        self._answer()

    def left(self, archive: bytes, size: int = 1000) -> None:
        """What the run left as its artifact."""
        (self.runner.github / "plan.zip").write_bytes(archive)
        artifact = {"id": 55, "name": "reconciler-plan", "expired": False, "size_in_bytes": size}
        self.state[f"repos/{HERE}/actions/runs/900/artifacts"] = {"artifacts": [artifact]}
        self.state[f"repos/{HERE}/actions/artifacts/55/zip"] = "plan.zip"
        self._answer()

    def _answer(self) -> None:
        self.runner.answer(self.state)

    def found(self) -> str:
        """The number of the pull request, if there is one."""
        event = "github.event.workflow_run"
        context = {
            "github.token": "t",
            f"{event}.head_repository.owner.login": self.owner,
            f"{event}.head_branch": self.branch,
            f"{event}.head_sha": COMMIT,
        }
        ran = self.runner.run(step_of("comment.yml", "comment", "find"), context)
        assert ran.code == 0, ran.text
        return ran.outputs["number"]

    def comment(self, conclusion: str = "success") -> Ran:
        event = "github.event.workflow_run"
        context = {
            "github.token": "t",
            "steps.find.outputs.number": "12",
            f"{event}.id": "900",
            f"{event}.html_url": f"https://github.com/{HERE}/actions/runs/900",
            f"{event}.head_sha": COMMIT,
            f"{event}.conclusion": conclusion,
            f"{event}.head_repository.full_name": self.repository,
        }
        ran = self.runner.run(step_of("comment.yml", "comment", "comment"), context)
        assert ran.code == 0, ran.text
        return ran

    def comments(self) -> list[str]:
        return [each["body"] for each in self.runner.state()[COMMENTS]]


@pytest.fixture
def review(tmp_path: Path) -> Review:
    return Review(tmp_path / "runner")


def test_the_comment_is_headed_by_the_commit_and_holds_the_plan(review: Review) -> None:
    review.left(zipped(b"1 to create\n"))
    review.comment()
    (body,) = review.comments()
    marker, heading, *rest = body.splitlines()
    assert marker == "<!-- reconciler: plan of the pull request -->"
    assert "4f2c1e9a1b2c" in heading
    assert "/actions/runs/900" in heading
    assert rest[-1] == "1 to create"


def test_a_second_run_updates_the_comment_and_adds_none(review: Review) -> None:
    review.left(zipped(b"1 to create\n"))
    review.comment()
    (review.runner.github / "plan.zip").write_bytes(zipped(b"nothing to do\n"))
    review.comment()
    (body,) = review.comments()
    assert "nothing to do" in body
    assert "1 to create" not in body


def test_a_comment_of_somebody_else_that_looks_alike_is_left_alone(review: Review) -> None:
    review.state[COMMENTS] = [
        {"id": 1, "user": {"login": "stranger"}, "body": "<!-- reconciler: plan of the pull request -->\nmine"}
    ]
    review.left(zipped(b"1 to create\n"))
    review.comment()
    assert review.comments()[0].endswith("mine")
    assert len(review.comments()) == 2


def test_github_is_asked_for_the_pull_request_and_a_hostile_branch_is_only_a_name(review: Review) -> None:
    review.branch = EVIL
    review.pull_request()
    assert review.found() == "12"
    assert ["-f", f"head=stranger:{EVIL}"] == review.runner.calls()[-1][-2:]
    assert not list(review.runner.folder.rglob("hurt"))


def test_a_commit_that_is_not_the_newest_any_more_gets_no_comment(review: Review) -> None:
    review.pull_request(commit="0" * 40)
    assert review.found() == ""


def test_a_branch_without_a_pull_request_gets_no_comment(review: Review) -> None:
    review._answer()
    assert review.found() == ""


def test_what_a_stranger_wrote_is_posted_as_text_and_run_by_nobody(review: Review) -> None:
    text = f"{EVIL}\n::set-output name=number::1\n\x1b[31m\x00\\n ${{{{ github.token }}}}\n"
    review.left(zipped(text.encode()))
    ran = review.comment()
    (body,) = review.comments()
    assert EVIL in body
    assert "\x1b" not in body
    assert "\x00" not in body
    assert "::set-output" not in ran.text
    assert not list(review.runner.folder.rglob("hurt"))


def test_a_stranger_calls_nobody(review: Review) -> None:
    review.left(zipped(b"@acme/everybody look\n"))
    review.comment()
    assert "@acme" not in review.comments()[0]


def test_in_a_branch_of_the_repository_text_stays_as_it_is(review: Review) -> None:
    review.repository = HERE
    review.left(zipped(b"ops@example.com\n"))
    review.comment()
    assert "ops@example.com" in review.comments()[0]


@pytest.mark.parametrize(
    "text", [b"x" * 300_000, "ü".encode() * 200_000, b"\xff" * 1_000 + b"y" * 100_000, b"\0" * 50_000_000]
)
def test_the_comment_is_never_longer_than_github_takes(review: Review, text: bytes) -> None:
    review.left(zipped(text))
    review.comment()
    (body,) = review.comments()
    assert len(body) < 65_536


def test_what_was_cut_is_said(review: Review) -> None:
    review.left(zipped(b"x" * 300_000))
    review.comment()
    assert review.comments()[0].endswith("*cut: see the run for all of it*\n")


@pytest.mark.parametrize("archive", [b"", b"no archive", zipped(b"x", "../../plan.md"), zipped(b"x", "other.md")])
def test_an_artifact_without_a_plan_is_told(review: Review, archive: bytes) -> None:
    review.left(archive)
    review.comment("failure")
    (body,) = review.comments()
    assert "ended with failure" in body
    assert "The run left no plan" in body


def test_an_artifact_that_is_too_large_is_not_fetched(review: Review) -> None:
    review.left(zipped(b"1 to create\n"), size=5_000_000)
    review.comment()
    assert "The run left no plan" in review.comments()[0]
    assert not [call for call in review.runner.calls() if call[-1].endswith("/zip")]


def test_a_link_in_the_archive_leads_nowhere(review: Review) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("plan.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    review.left(packed.getvalue())
    review.comment()
    assert "root:" not in json.dumps(review.comments())
