"""What a pipeline says about the commit that it runs for: whose it is, and where its files are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.support.frozen import frozen

_COMMIT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_ADDRESS = r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)*"
_LARGEST_EVENT = 32 * 1024 * 1024


@frozen
class Pipeline:
    """The newest commit of a pull request if the files are of a merge of it, and where files are shown on the web."""

    head: str | None = None
    blob_url: str | None = None


def pipeline_of(environ: Mapping[str, str], commit: str | None) -> Pipeline:
    """Return what GitHub Actions and GitLab CI/CD say about a commit; nothing if they run for another one."""
    if commit is None:
        return Pipeline()
    if environ.get("GITHUB_ACTIONS") == "true":
        ran_for, head = environ.get("GITHUB_SHA"), _head_on_github(environ)
        address = f"{environ.get('GITHUB_SERVER_URL', '')}/{environ.get('GITHUB_REPOSITORY', '')}"
        middle = "blob"
    else:
        ran_for, head = environ.get("CI_COMMIT_SHA"), environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
        address, middle = environ.get("CI_PROJECT_URL", ""), "-/blob"
    head = head if head and re.fullmatch(_COMMIT, head) else None
    if commit not in (ran_for, head):
        return Pipeline()  # something else was checked out
    shown = re.fullmatch(_ADDRESS, address) is not None and re.fullmatch(_COMMIT, commit) is not None
    return Pipeline(head if head != commit else None, f"{address}/{middle}/{commit}/" if shown else None)


def _head_on_github(environ: Mapping[str, str]) -> str | None:
    """Return the newest commit of the pull request, from the event that started the workflow."""
    if not environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return None
    try:
        file = Path(environ.get("GITHUB_EVENT_PATH", ""))
        with file.open("rb") as stream:
            event = json.loads(stream.read(_LARGEST_EVENT))
        head = event["pull_request"]["head"]["sha"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return head if isinstance(head, str) else None
