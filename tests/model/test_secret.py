"""A secret is shown nowhere, and revealed in a handful of places that are listed here."""

from __future__ import annotations

import ast
import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reconciler
from reconciler.live.platform.credentials import Credentials
from reconciler.model.secret import Secret

TEXT = "correct-horse-battery-4711"
PACKAGE = Path(reconciler.__file__).parent

REVEALING = {
    "live/platform/session.py",  # the login
    "live/platform/credentials.py",  # finds one of its two values in the other before they are sent, and quotes neither
    "live/platform/server_words.py",  # finds it in the words of a server, to leave it out
    "live/platform/token_endpoint.py",  # tries it
    "live/http/transport.py",  # sends the forms of both
    "secrets/payload.py",  # what an age file holds, and what a command gets
    "secrets/sinks/dotenv.py",
    "secrets/sinks/json_file.py",
    "secrets/sinks/age_manifest.py",  # a salted digest of what an age file holds
    "secrets/masking.py",  # GitHub's ::add-mask::
    "secrets/redaction.py",  # finds it in the words of a program, to leave it out
}
"""The modules that may see the text of a secret. Whoever adds one explains it in the review."""


@dataclasses.dataclass(frozen=True)
class Holder:
    """Some value with a secret in it."""

    name: str
    secret: Secret


HELD = Holder("robot", Secret(TEXT))


def logged(message: str, *arguments: object) -> str:
    stream = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(stream))
    log.error(message, *arguments)
    return stream.getvalue()


def trace_of_a_failure() -> str:
    try:
        raise ValueError(HELD, HELD.secret)
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(shown.format())


SHOWN: dict[str, Callable[[], str]] = {
    "str": lambda: str(HELD.secret),
    "repr": lambda: repr(HELD.secret),
    "f-string": lambda: f"{HELD.secret}{HELD.secret!r}{HELD.secret!s}{HELD.secret:>30}{HELD.secret!r:>30}",
    "str.format": lambda: "{} {!r} {:x}".format(HELD.secret, HELD.secret, HELD.secret),  # noqa: UP032
    "percent": lambda: "%s %r" % (HELD.secret, HELD.secret),  # noqa: UP031
    "a dataclass": lambda: repr(HELD),
    "a dataclass as a dict": lambda: repr(dataclasses.asdict(HELD)),
    "a dataclass as a tuple": lambda: repr(dataclasses.astuple(HELD)),
    "a replaced dataclass": lambda: repr(dataclasses.replace(HELD, name="other")),
    "its __dict__": lambda: repr(vars(HELD)),
    "a list": lambda: repr([HELD.secret, {HELD.secret: HELD.secret}]),
    "pprint": lambda: pprint.pformat(dataclasses.asdict(HELD)),
    "a log line": lambda: logged("%s %r %s", HELD.secret, HELD.secret, HELD),
    "a log line without arguments": lambda: logged(str(HELD.secret)),
    "an exception": lambda: repr(ValueError(HELD.secret)) + str(ValueError(HELD.secret)),
    "a traceback with locals": trace_of_a_failure,
    "JSON of its text": lambda: json.dumps(dataclasses.asdict(HELD), default=str),
    "a copy": lambda: repr([copy.copy(HELD), copy.deepcopy(HELD), copy.copy(HELD.secret)]),
    "credentials": lambda: repr(Credentials(Secret("robot-0815"), Secret(TEXT))),
}


@pytest.mark.parametrize("way", SHOWN)
def test_it_prints_as_three_stars(way: str) -> None:
    said = SHOWN[way]()
    assert "***" in said
    assert TEXT not in said
    assert "robot-0815" not in said


@given(st.text(min_size=1).filter(lambda text: text not in "Secret('***')"))
def test_no_text_is_in_what_is_printed(text: str) -> None:
    secret = Secret(text)
    assert {str(secret), repr(secret), f"{secret}", f"{secret:>40}"} == {"***"}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [HELD.secret, HELD], ids=["itself", "inside a value"])
def test_it_cannot_be_pickled(value: object, protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(value, protocol)


def test_its_state_is_not_handed_out() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        HELD.secret.__getstate__()
    with pytest.raises(TypeError):
        vars(HELD.secret)


def test_json_refuses_it() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"secret": HELD.secret})


def test_it_has_no_order_no_length_and_no_items() -> None:
    with pytest.raises(TypeError):
        sorted([Secret("a"), Secret("b")])  # type: ignore[type-var]
    asks: tuple[Callable[[Any], object], ...] = (len, iter, bytes, int)
    for ask in asks:
        with pytest.raises(TypeError):
            ask(Secret("12"))


@given(st.text(), st.text())
def test_two_are_equal_if_and_only_if_their_texts_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) == Secret(one)
    assert len({Secret(one), Secret(other)}) == len({one, other})


def test_its_own_text_is_not_equal_to_it() -> None:
    assert Secret("a") != "a"
    assert Secret("\ud800") == Secret("\ud800")


def test_a_failed_assertion_shows_stars_in_pytest(tmp_path: Path) -> None:
    """Comparing two secrets in a test must not put them into the log of a pipeline."""
    (tmp_path / "test_it.py").write_text(
        "from reconciler.model.secret import Secret\n"
        "def test_it():\n"
        f"    secret, other = Secret('{TEXT[::-1]}'[::-1]), Secret('other')\n"
        "    assert secret == other\n"
    )
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vv", "--showlocals", "test_it.py"]
    ended = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "assert *** == ***" in ended.stdout
    shown = [line for line in ended.stdout.splitlines() if TEXT in line]
    assert shown == []


def revealing_modules() -> set[str]:
    """The modules of the package in which `.reveal` or the field behind it stands, called or not."""
    found = set()
    for module in PACKAGE.rglob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == "reveal"}
        if names & {"reveal", "_hidden"}:
            found.add(module.relative_to(PACKAGE).as_posix())
    return found


def test_the_login_and_the_sinks_alone_reveal_secrets() -> None:
    assert revealing_modules() - {"model/secret.py"} == REVEALING
