"""Where a rule is explained: nothing as long as the project has no site, then a link or an address."""

from __future__ import annotations

import re

import pytest

from reconciler.cli.output.links import link_for, opens_links
from reconciler.model.clients import Location
from reconciler.model.diagnostics import error
from reconciler.project import Addresses
from reconciler.render.terminal.errors import render_diagnostic_lines

SOMEWHERE = Addresses(site="https://keeper.test")
PAGE = "https://keeper.test/latest/reference/rules.html#redirect-fragment"
FOUND = [error(rule, "it is so", Location("a[b].yaml", 1, 2)) for rule in ("redirect-fragment", "duplicate-key")]
"""The second is no rule of ours, and has no page."""


def shown(project: Addresses, *, is_terminal: bool = False, verbose: bool = False, **environ: str) -> list[str]:
    link = link_for(project, environ, is_terminal=is_terminal, verbose=verbose)
    return render_diagnostic_lines(FOUND, link).splitlines()


PLAIN = ["a[b].yaml:1:2: error: it is so [redirect-fragment]", "a[b].yaml:1:2: error: it is so [duplicate-key]"]


def test_without_a_site_a_rule_is_its_name() -> None:
    assert shown(Addresses(), is_terminal=True, verbose=True, WT_SESSION="1") == PLAIN


def test_in_a_terminal_that_can_its_name_is_a_link() -> None:
    linked, plain = shown(SOMEWHERE, is_terminal=True, WT_SESSION="1")
    assert linked == f"a[b].yaml:1:2: error: it is so [\x1b]8;;{PAGE}\x1b\\redirect-fragment\x1b]8;;\x1b\\]"
    assert re.sub(r"\x1b\]8;;.*?\x1b\\", "", linked) == PLAIN[0]
    assert plain == PLAIN[1]


def test_in_a_file_and_in_other_terminals_it_is_not() -> None:
    assert shown(SOMEWHERE, WT_SESSION="1") == PLAIN
    assert shown(SOMEWHERE, is_terminal=True) == PLAIN


@pytest.mark.parametrize("is_terminal", [True, False])
def test_with_v_the_address_stands_below_as_text(is_terminal: bool) -> None:
    assert shown(SOMEWHERE, is_terminal=is_terminal, verbose=True, WT_SESSION="1") == [PLAIN[0], f"  {PAGE}", PLAIN[1]]


@pytest.mark.parametrize(
    ("environ", "opens"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "screen-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM": "dumb", "VTE_VERSION": "7600"}, False),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_a_terminal_gets_links_only_if_it_is_known_to_open_them(environ: dict[str, str], opens: bool) -> None:
    assert opens_links(environ) == opens
