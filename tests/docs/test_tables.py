"""Tables that repeat what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from reconciler.cli.main import INTERRUPTED, WRONG_USAGE, cli
from reconciler.cli.output import exit_codes
from reconciler.declared.schema.files import schema_text
from reconciler.sandbox.accounts import ACCOUNTS
from reconciler.secrets.payload import check_payload
from reconciler.secrets.values import DeliveryEvent
from tests.docs.pages import PAGES, ROOT, prose

CODES = {
    exit_codes.DONE,
    exit_codes.FAILED,
    exit_codes.PENDING,
    exit_codes.INVALID,
    exit_codes.REFUSED,
    exit_codes.PARTIAL,
    exit_codes.LOGIN_REFUSED,
    WRONG_USAGE,
    INTERRUPTED,
}


def _rows(page: str) -> list[int]:
    """The numbers in the first column of a page's tables."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    cells = re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE)
    return [int(code) for cell in cells for code in cell.split(", ")]


def test_every_exit_code_stands_in_the_reference_and_in_the_way_back() -> None:
    assert sorted(_rows("reference/commands.md")) == sorted(CODES)
    assert sorted(_rows("guides/recovering.md")) == sorted(CODES - {exit_codes.DONE})
    assert sorted(_rows("guides/pipelines.md")) == sorted(CODES - {WRONG_USAGE})


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _codes(module: str, pattern: str) -> set[str]:
    """What a module of the program calls a reason."""
    return set(re.findall(pattern, (ROOT / "reconciler" / module).read_text(encoding="utf-8")))


def _section(page: str, heading: str) -> str:
    return re.split(r"^## ", page.split(f"## {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def _explained(section: str) -> set[str]:
    """The codes that items of a list begin with."""
    items = re.findall(r"^- (`[^:]*`): ", section, re.MULTILINE)
    return {code for item in items for code in re.findall(r"`([a-z-]+)`", item)}


def test_every_reason_to_block_is_explained() -> None:
    codes = _codes("planning/match/blocked.py", r'_blocked\(\s*entry, "([a-z-]+)"')
    codes |= _codes("planning/ownership.py", r'return Note\("([a-z-]+)"')
    codes |= _codes("planning/delivery/retirement.py", r'Note\("([a-z-]+)"')
    assert len(codes) > 10
    assert _explained(_section(_page("reference/blocked.md"), "Blocked")) == codes


def test_every_reason_to_refuse_is_explained() -> None:
    planning = [f"planning/{name}.py" for name in ("guard", "issuer", "supported", "ownership", "delivery/retirement")]
    modules = [*planning, "workflow/delivery/deliveries.py"]
    codes = {code for module in modules for code in _codes(module, r'Refusal\("([a-z-]+)"')}
    limits = {f"limit-{verb}" for verb in ("creates", "updates", "deletes", "deliveries")}
    assert len(codes) > 5
    assert _explained(_section(_page("reference/blocked.md"), "Refused")) == codes | limits


@pytest.mark.parametrize(
    ("page", "schema"),
    [("reference/formats.md", "plan"), ("guides/observation.md", "observation")],
    ids=["plan", "observation"],
)
def test_a_page_about_a_file_explains_every_key_of_its_schema(page: str, schema: str) -> None:
    """A row may be about several."""
    rows = re.findall(r"^\| (`[a-z_`, \[\].]*) \|", _page(page), re.MULTILINE)
    named = {key.partition("[")[0] for row in rows for key in re.findall(r"`([a-z_.\[\]]+)`", row)}
    assert set(json.loads(schema_text(schema))["properties"]) <= named


def test_the_accounts_of_the_sandbox_are_all_there() -> None:
    rows = re.findall(r"^\| (\w+) \| (\S+-pass-1) \|", _page("reference/sandbox.md"), re.MULTILINE)
    assert sorted(rows) == sorted((account.name, account.password) for account in ACCOUNTS)


def _flags(command: click.Command) -> set[str]:
    own = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    context = click.Context(command)
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    children = [command.get_command(context, name) for name in below] if isinstance(command, click.Group) else []
    return own.union(*(_flags(child) for child in children if child is not None))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_flag_that_stands_alone_in_the_text_exists(page: Path) -> None:
    """`--prune removed` in a sentence, with or without its value."""
    known = _flags(cli) | {"--help", "-h", "-vv"}
    codes = re.findall(r"`(--?[a-z][^`\n]*)`", prose(page))
    assert [code for code in codes if code.split()[0].split("=")[0] not in known] == []


def test_the_keys_and_events_that_a_program_gets_are_all_there() -> None:
    section = _section(_page("guides/secrets.md"), "command")
    keys = {
        key for row in re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    }
    got = json.loads(check_payload("production", "https://acme.example.com"))
    assert keys == got.keys()
    assert [event for event in DeliveryEvent if f"`{event}`" not in section] == []
