"""The Chromium of this machine: it downloads nothing, and has nothing to tell anybody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, expect

_SWITCHES = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


class ChromiumMissing(Exception):
    """There is none."""


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A running one. Raises `ChromiumMissing`: nothing is shown by a test that is skipped."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise ChromiumMissing("install it (sh tests/tools.sh install), or name it in CHROMIUM")
    expect.set_options(timeout=60_000)  # milliseconds, in which a page must become as expected
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    browser = playwright.chromium.launch(executable_path=found, args=[*_SWITCHES, *as_root])
    yield browser
    browser.close()
