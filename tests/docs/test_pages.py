"""Every link leads somewhere, and every example is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.rules.registry import RULES
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.project import Addresses
from tests.docs.pages import PAGES, ROOT, Snippet, anchors, dead_links, snippets, targets
from tests.repository.tracked import tracked

# The examples of docs/reference/rules.md are run, rule by rule, by the tests of the rules.
EXAMPLES = [s for page in PAGES if page.name != "rules.md" for s in snippets(page) if s.language == "yaml"]
NAMED = re.compile(r"\b(docs/[\w./-]+\.md)(?:#([\w-]+))?")
KEYS = {key for name in ("auth-clients", "reconciler") for key in json.loads(schema_text(name))["properties"]}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert dead_links(page) == []


@pytest.mark.parametrize(
    "text",
    [
        "[a](gone.md)",
        '[a](gone.md "with a title")',
        "[two\nlines](gone.md)",
        "[a][b]\n\n[b]: gone.md",
        "![a](gone.png)",
        '<a href="gone.md">a</a>',
        "| a |\n|---|\n| [`a`](gone.md) |",
        "[a](#gone)",
        "[a](there.md#gone)",
        "[a](there.md#twice-2)",
        "[a](folder#gone)",
    ],
)
def test_a_dead_link_is_found_however_it_is_written(text: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "there.md").write_text("# [A page](gone.md) of `code`\n## Twice\n## Twice\n```text\n# gone\n```\n")
    page = tmp_path / "page.md"
    alive = "# Own\n[a](there.md#a-page-of-code), [a](there.md#twice-1), [a](#own), [a](folder), `[a](gone.md)`\n"
    page.write_text(alive)
    assert dead_links(page) == []
    page.write_text(f"{alive}\n{text}\n")
    assert len(dead_links(page)) == 1


def test_what_pages_lead_to_is_in_the_repository_and_not_only_on_this_machine() -> None:
    files = {ROOT / path for path in tracked()}
    there = {ROOT, *files, *(folder for path in files for folder in path.parents)}
    assert {target for page in PAGES for target, _ in targets(page)} - there == set()


def test_every_page_that_a_file_names_is_there() -> None:
    """Comments, messages, schemas and workflows name pages by their path from the root."""
    dead = set()
    for path in tracked():
        for page, anchor in NAMED.findall((ROOT / path).read_text(encoding="utf-8", errors="ignore")):
            if not (ROOT / page).exists() or (anchor and anchor not in anchors(ROOT / page)):
                dead.add(f"{path} names {page}{anchor and f'#{anchor}'}")
    assert dead == set()


def test_pages_that_messages_lead_to_have_these_headings() -> None:
    site = Addresses(site="https://keeper.test")
    for url in (*map(site.rule_page, RULES), site.removed_page()):
        page, _, anchor = (url or "").removeprefix("https://keeper.test/latest/").partition("#")
        assert anchor in anchors(ROOT / "docs" / page.replace(".html", ".md")), url


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
