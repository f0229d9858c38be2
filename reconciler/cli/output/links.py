"""How a message leads to the page of its rule: not at all, by a click, or by an address."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TextIO

from reconciler.project import PROJECT, Addresses
from reconciler.render.terminal.links import Link, clickable, spelled_out, unlinked
from reconciler.render.view.rules import rule_page

_TELLING = ("VTE_VERSION", "WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM")
"""Variables of terminals that open links."""
_PROGRAMS = {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"}
_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")


def link_on(stream: TextIO, *, verbose: bool) -> Link:
    """Return how to end a message about a rule on this stream."""
    return link_for(PROJECT, os.environ, is_terminal=stream.isatty(), verbose=verbose)


def link_for(project: Addresses, environ: Mapping[str, str], *, is_terminal: bool, verbose: bool) -> Link:
    """Do the same for these addresses, this environment, and a terminal or a file."""
    if project.site is None:
        return unlinked
    if verbose:
        return spelled_out(partial(rule_page, project))
    return clickable(partial(rule_page, project)) if is_terminal and opens_links(environ) else unlinked


def opens_links(environ: Mapping[str, str]) -> bool:
    """Whether a terminal is known to open links (OSC 8): one that is not may show the address in between."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    if environ.get("TERM", "").startswith(("screen", "tmux")):  # it depends on its version and its settings
        return False
    known = environ.get("TERM_PROGRAM") in _PROGRAMS or environ.get("TERM", "").startswith(_TERMS)
    return known or any(environ.get(name) for name in _TELLING)
