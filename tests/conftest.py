"""For all tests: how much they try, and an environment that does not depend on who runs them."""

from __future__ import annotations

import importlib
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests import platform_lines, tiers

TESTS = Path(__file__).parent

# They are no job of a pipeline, even if they run in one.
for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)

# `nohup make test &` leaves signals ignored, and what a process ignores, the programs that it starts ignore as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)  # the tests themselves go on


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means here: the tests wait as long as they compute."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure() -> None:
    try:
        tiers.check_choices()
        platform_lines.chosen_lines()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile a share of the test modules for all workers of xdist: each would rewrite all their assertions alone."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args != session.config.getini("testpaths"):
        return
    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    for module in sorted(TESTS.rglob("test_*.py"))[number::count]:
        with suppress(Exception, pytest.skip.Exception):  # the collection says what is wrong
            importlib.import_module(".".join(module.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "platform_line" in metafunc.fixturenames:
        # On the default line the quick tier has run the same already.
        marks = [pytest.mark.repeated] if platform_lines.named_lines() else []
        lines = [pytest.param(each, marks=marks) for each in platform_lines.chosen_lines()]
        metafunc.parametrize("platform_line", lines, ids=str)
