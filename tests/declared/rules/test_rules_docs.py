"""docs/reference/rules.md and the table of rules say the same, and every documented example does what the page says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.declare import declare
from reconciler.declared.rules.registry import RULES
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "rules.md").read_text()
INTRODUCTION, *_SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
SECTIONS = {name: body for name, _, body in (section.partition("\n") for section in _SECTIONS)}

NO_CLIENTS = "clients: []"
OF_SETTINGS = json.loads(schema_text("reconciler"))["properties"].keys()
_URL = "redirect_url: https://portal.example.com/callback"
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
    settings = [block for block in blocks if is_of_settings(block)]
    clients = [declared(block) for block in blocks if not is_of_settings(block)]
    return Example("".join(clients) or otherwise.clients, "".join(settings) or otherwise.settings)


def is_of_settings(block: str) -> bool:
    """Whether a block is of reconciler.yaml. The instances of an entry are a list."""
    return block.partition(":")[0] in OF_SETTINGS and not block.startswith("instances: [")


def declared(block: str) -> str:
    """A file of clients, made of a block that shows only what matters of one entry, or of several."""
    if block.startswith("clients:"):
        return block
    items = re.split(r"^- ", block, flags=re.MULTILINE)
    entries = [whole(dedent(f"  {item}")) for item in items[1:]] or [whole(block)]
    return "clients:\n" + "".join(f"  - {indent(entry, '    ').lstrip()}" for entry in entries)


def whole(entry: str) -> str:
    """An entry with a name and a grant: those that it shows, or else any."""
    if not re.search(r"^(grants|redirect_url|state):", entry, re.MULTILINE):
        entry += _URL + "\n"
    grant = "grants:\n  authorization_code:\n    redirect_url:"
    entry = re.sub(r"^redirect_url:", grant, entry, flags=re.MULTILINE)
    return entry if entry.startswith("name:") else f"name: Customer portal\n{entry}"


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
    exceptions = {(True, True): "", (False, True): "; cannot be waived", (False, False): "; cannot be waived or tuned"}
    limits = exceptions[rule.waivable, rule.tunable]
    assert SECTIONS[name].lstrip().startswith(f"Default: {rule.severity}{limits}.\n")


def test_a_rule_about_the_outside_world_says_its_source() -> None:
    """So that nobody has to believe us. What policy, names and settings mean is for these pages to say."""
    groups = re.findall(r"^- (?:Redirect URLs|Grants): (.*(?:\n  .*)*)", INTRODUCTION, re.MULTILINE)
    names = re.findall(r"\[([a-z-]+)\]", "".join(groups))
    assert len(names) > 10
    assert [name for name in names if not re.search(r"\bSource:\s\w[^.]*", SECTIONS[name])] == []


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
