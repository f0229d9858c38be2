"""docs/reference/rules.md and the table of rules say the same, and every documented example does what the page says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.declare import declare
from reconciler.declared.rules.registry import RULES
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "rules.md").read_text()
INTRODUCTION, *_SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
SECTIONS = {name: body for name, _, body in (section.partition("\n") for section in _SECTIONS)}

NO_CLIENTS = "clients: []"
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLE_INSTANCES = next(block for block in _YAML.findall(INTRODUCTION) if block.startswith("instances:"))


@dataclass(frozen=True, slots=True)
class Example:
    """The files of one half of a section."""

    clients: str
    settings: str


def example(text: str, otherwise: Example) -> Example:
    """The files that a text shows; what it leaves out is as in the other half."""
    blocks = _YAML.findall(text)
    clients = [block for block in blocks if block.startswith("clients:")]
    settings = [block for block in blocks if not block.startswith("clients:")]
    return Example("".join(clients) or otherwise.clients, "".join(settings) or otherwise.settings)


def examples(name: str) -> tuple[Example, Example]:
    """What triggers a rule, and what does not."""
    wrong, _, right = SECTIONS[name].partition("\nInstead")
    triggers = example(wrong, Example(NO_CLIENTS, ""))
    return triggers, example(right, triggers)


def load(text: str, path: str, schema: str) -> Document:
    """A file of the right shape."""
    loaded = load_text(text.encode(), path)
    assert not loaded.diagnostics, loaded.diagnostics
    assert validate_document(loaded.documents[0], schema) == []
    return loaded.documents[0]


def found_in(shown: Example) -> set[str]:
    """The rules that find something in an example, with the instances of the introduction."""
    its_own = re.search(r"^instances:", shown.settings, re.MULTILINE)
    settings_file = load(("" if its_own else _EXAMPLE_INSTANCES) + shown.settings, "reconciler.yaml", "reconciler")
    settings, problems = read_settings(settings_file, ROOT)
    assert settings is not None, problems
    # "…" stands for what would be too long to print.
    clients_file = load(shown.clients.replace("…", "x" * 2_000), "clients/example.yaml", "auth-clients")
    return {d.rule for d in declare([clients_file], settings, settings.instances, complete=True).diagnostics}


def test_every_rule_has_a_section_and_every_section_a_rule() -> None:
    """Each is found by the name that messages end with."""
    assert sorted(SECTIONS) == sorted(RULES)
    assert len(_SECTIONS) == len(SECTIONS)


def test_the_introduction_links_every_rule() -> None:
    """In the order of the sections."""
    linked = re.findall(r"\[([a-z-]+)\]\(#([a-z-]+)\)", INTRODUCTION)
    assert all(text == anchor for text, anchor in linked)
    assert [text for text, _ in linked] == list(SECTIONS)


@pytest.mark.parametrize("name", RULES)
def test_a_section_states_the_defaults(name: str) -> None:
    """Severity, and whether the rule can be waived and tuned."""
    rule = RULES[name]
    waivable = "can be waived" if rule.waivable else "cannot be waived"
    tunable = "tunable" if rule.tunable else "not tunable"
    assert SECTIONS[name].lstrip().startswith(f"Default: {rule.severity} · {waivable} · {tunable}\n")


@pytest.mark.parametrize("name", RULES)
def test_a_section_says_where_its_rule_comes_from(name: str) -> None:
    """So that nobody has to believe us."""
    assert re.search(r"^(?:.*\. )?Source: .+\.", SECTIONS[name], re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", RULES)
def test_a_documented_example_triggers_its_rule_and_no_other(name: str) -> None:
    """Else the page would teach something wrong."""
    triggers, _ = examples(name)
    assert found_in(triggers) == {name}


@pytest.mark.parametrize("name", RULES)
def test_the_documented_way_out_is_one(name: str) -> None:
    """What stands under "Instead" has no problem at all, and differs from what triggers."""
    triggers, instead = examples(name)
    assert instead != triggers
    assert found_in(instead) == set()


def test_the_examples_of_the_introduction_have_no_problem() -> None:
    """Neither the waiver nor the tuning."""
    shown = example(INTRODUCTION.partition("Each section")[0], Example(NO_CLIENTS, ""))
    assert found_in(shown) == set()
