"""The manual pages: one for each command, in which no word of a help is taken for markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from reconciler.cli.main import PURPOSES
from tests.cli.projects import SECONDS
from tests.docs import man

PAGES = dict(man.pages())


def test_every_command_has_a_page() -> None:
    assert {"reconciler", "reconciler-secrets-deliver", *(f"reconciler-{name}" for name in PURPOSES)} <= PAGES.keys()


def test_a_page_has_what_help_says() -> None:
    plan = PAGES["reconciler-plan"].replace("\\-", "-")
    assert ".SH NAME\nreconciler-plan - Show what `apply` would do.\n" in plan
    assert ".TP\n.B --config-from REF\nRead the configuration from a trusted git revision" in plan
    assert ".B -h, --help\n" in plan
    assert "\nreconciler plan --all" in plan
    assert ".BR reconciler-sandbox-serve (1)\n" in PAGES["reconciler-sandbox"]


def test_no_help_is_taken_for_markup() -> None:
    hostile = click.Command("x", help=".so /etc/passwd\n\n'br \\n \\*(x", params=[click.Option(["--y"], help=".sp 99")])
    pages = dict(man.pages(hostile, ("x",)))
    requests = set(re.findall(r"^[.'](\w*)", pages["x"], re.MULTILINE))
    assert requests == {"TH", "nh", "ad", "SH", "B", "PP", "TP"}
    assert "\\&.so /etc/passwd" in pages["x"]
    assert "\\en \\e*(x" in pages["x"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_the_formatter_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    (tmp_path / "page.1").write_text(PAGES[name], encoding="utf-8")
    line = ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-z", str(tmp_path / "page.1")]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
