"""A bug of our own is reported without a single value."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler.cli.output.traceback import trace_of
from tests.cli.projects import SECONDS

TEXT = "correct-horse-battery-4711"


def fail(text: str) -> None:
    copied = text * 2
    raise ValueError(f"bad value: {copied}")


def lead_on(text: str) -> None:
    """Raise an exception with a cause that has a context, each with the text in its message."""
    try:
        try:
            fail(text)
        except ValueError:
            raise KeyError(text)  # noqa: B904
    except KeyError as error:
        raise RuntimeError(text) from error


def hide(text: str) -> None:
    try:
        fail(text)
    except ValueError:
        raise RuntimeError(text) from None


def test_it_says_where_and_of_what_type_and_no_message() -> None:
    with pytest.raises(RuntimeError) as caught:
        lead_on(TEXT)
    said = trace_of(caught.value)
    assert TEXT not in said
    assert [line for line in said.splitlines() if not line.startswith("  ")] == [
        "ValueError",
        "and meanwhile",
        "KeyError",
        "which led to",
        "RuntimeError",
    ]
    assert f"{__file__}:{fail.__code__.co_firstlineno + 2} in fail" in said


def test_a_circle_of_causes_ends() -> None:
    one, other = ValueError(TEXT), KeyError(TEXT)
    one.__cause__, other.__cause__ = other, one
    assert trace_of(one) == "KeyError\nwhich led to\nValueError\n"


def test_a_suppressed_context_is_not_shown() -> None:
    with pytest.raises(RuntimeError) as caught:
        hide(TEXT)
    assert trace_of(caught.value).startswith("RuntimeError\n")


_UNCAUGHT = """
import sys, threading
from reconciler.cli.output.traceback import silence_tracebacks
silence_tracebacks()
class Finalised:
    def __del__(self):
        raise ValueError(sys.argv[1])
def fail():
    raise KeyError(sys.argv[1])
thread = threading.Thread(target=fail)
thread.start()
thread.join()
each = Finalised()
del each
raise RuntimeError(sys.argv[1])
"""


def test_nor_does_the_interpreter_show_one_that_nobody_catches() -> None:
    run = [sys.executable, "-c", _UNCAUGHT, TEXT]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 1
    assert TEXT not in ended.stdout + ended.stderr
    assert [line for line in ended.stderr.splitlines() if not line.startswith("  ")] == [
        "KeyError",
        "ValueError",
        "RuntimeError",
    ]
