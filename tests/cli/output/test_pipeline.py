"""What a pipeline says about its commit is believed only if it is about the files at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.output.pipeline import Pipeline, pipeline_of

MERGED, HEAD = "a" * 40, "b" * 40


@pytest.fixture
def github(tmp_path: Path) -> dict[str, str]:
    """The variables of a job for a pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": HEAD}}}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SHA": MERGED,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/idp",
    }


def test_github_says_which_commit_was_merged_and_where_files_are(github: dict[str, str]) -> None:
    assert pipeline_of(github, MERGED) == Pipeline(HEAD, f"https://github.com/acme/idp/blob/{MERGED}/")


def test_the_commit_of_the_author_itself_is_no_merge(github: dict[str, str]) -> None:
    assert pipeline_of(github, HEAD) == Pipeline(None, f"https://github.com/acme/idp/blob/{HEAD}/")


def test_gitlab_says_the_same_in_its_own_words() -> None:
    said = {
        "CI_COMMIT_SHA": MERGED,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
        "CI_PROJECT_URL": "https://gitlab.example.com:8443/group/sub/idp",
    }
    url = f"https://gitlab.example.com:8443/group/sub/idp/-/blob/{MERGED}/"
    assert pipeline_of(said, MERGED) == Pipeline(HEAD, url)
    assert pipeline_of({**said, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}, MERGED) == Pipeline(None, url)


def test_another_commit_is_not_taken_for_the_one_that_the_job_is_for(github: dict[str, str]) -> None:
    assert pipeline_of(github, "c" * 40) == pipeline_of(github, None) == pipeline_of({}, MERGED) == Pipeline()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a.example/(x)", "https://a b", "//a.example", ""])
def test_what_is_no_address_makes_no_link(github: dict[str, str], address: str) -> None:
    assert pipeline_of({**github, "GITHUB_SERVER_URL": address}, MERGED) == Pipeline(HEAD, None)


@pytest.mark.parametrize("event", ["", "[]", "{}", '{"pull_request": {"head": {"sha": "`evil`"}}}', "[" * 100_000])
def test_an_event_of_another_shape_is_no_news(github: dict[str, str], tmp_path: Path, event: str) -> None:
    (tmp_path / "event.json").write_text(event)
    assert pipeline_of(github, MERGED).head is None
