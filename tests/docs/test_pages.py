"""Every link leads somewhere, and every example is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from tests.docs.pages import PAGES, ROOT, Snippet, anchors, links, snippets

# The examples of docs/reference/rules.md are run, rule by rule, by the tests of the rules.
EXAMPLES = [s for page in PAGES if page.name != "rules.md" for s in snippets(page) if s.language == "yaml"]
KEYS = {key for name in ("auth-clients", "reconciler") for key in json.loads(schema_text(name))["properties"]}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    """As GitHub resolves them."""
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: there is no such file"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_yaml_example_is_a_valid_file_or_says_that_it_is_a_part(example: Snippet) -> None:
    """A part begins with a comment: `# part of reconciler.yaml`. What has none of our keys is for another program."""
    if example.text.startswith("# part of "):
        return
    loaded = load_text(example.text.encode(), str(example))
    assert [str(problem) for problem in loaded.diagnostics] == []
    root = loaded.documents[0].root
    assert isinstance(root, dict)
    if not KEYS & root.keys():
        return
    kind = "auth-clients" if "clients" in root else "reconciler"
    assert [str(problem) for problem in validate_document(loaded.documents[0], kind)] == []
    if kind == "reconciler":
        _, problems = read_settings(loaded.documents[0], ROOT)
        assert [str(problem) for problem in problems] == []
