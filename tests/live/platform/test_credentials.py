"""Where the account comes from, and what is said when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.live.platform.credentials import LONGEST, Credentials, read_credentials
from reconciler.model.errors import CredentialsMissing
from reconciler.model.secret import Secret
from reconciler.model.settings import CredentialNames

VARIABLES = CredentialNames(username_env="PM_USERNAME", password_env="PM_PASSWORD")
AS_IS = replace(VARIABLES, as_is=True)


def files(directory: Path, password: bytes, *, as_is: bool = False) -> CredentialNames:
    (directory / "user").write_bytes(b"robot\n")
    (directory / "password").write_bytes(password)
    return CredentialNames(username_file=directory / "user", password_file=directory / "password", as_is=as_is)


def test_credentials_come_from_the_variables_that_are_named() -> None:
    found = read_credentials(VARIABLES, {"PM_USERNAME": "robot", "PM_PASSWORD": "pass word"})
    assert found == Credentials(Secret("robot"), Secret("pass word"))


DAMAGED = {
    "s3cr3t\n": "ends in a line feed",
    "s3cr3t\r": "ends in a carriage return",
    "s3cr3t\r\n": "ends in a carriage return and a line feed",
    "s3cr3t ": "ends in a blank",
    "s3cr3t \r\n": "ends in a carriage return and a line feed",
    "\ts3cr3t": "begins with a tab",
    " s3cr3t\n": "begins with a blank and ends in a line feed",
    "s3cr3t\xa0": "ends in a no-break space",
    "s3cr3t\u200b": "ends in the invisible character U+200B",
    "\ufeffs3cr3t": "begins with a byte order mark (U+FEFF), as editors on Windows write it",
    " \n": "holds nothing but blanks",
    "s3\ncr3t": "holds several lines",
    "s3\0cr3t": "holds the control character U+0000",
    '"s3cr3t"': "begins and ends with quotes, which were copied along",
    "'s3cr3t'\n": "ends in a line feed and begins and ends with quotes, which were copied along",
    "PM_PASSWORD=s3cr3t": "begins with its own name (PM_PASSWORD=)",
    "***": "contains a mask such as ***, not the secret",
    "[MASKED]": "contains a mask such as ***, not the secret",
    "null": "contains a word for a missing value, such as null",
    "${{ secrets.PM_PASSWORD }}": "contains a placeholder that was not replaced",
    "$(PM_PASSWORD)": "contains a placeholder that was not replaced",
    "$PM_PASSWORD": "contains a placeholder that was not replaced",
    "op://vault/item/password": "contains a placeholder that was not replaced",
    "<password>": "contains a placeholder that was not replaced",
}


@pytest.mark.parametrize("value", DAMAGED, ids=ascii)
def test_a_value_that_was_damaged_on_its_way_is_named_and_never_shown(value: str) -> None:
    environ = {"PM_USERNAME": "robot", "PM_PASSWORD": value}
    with pytest.raises(CredentialsMissing) as caught:
        read_credentials(VARIABLES, environ)
    assert caught.value.message == f"cannot log in: the environment variable PM_PASSWORD {DAMAGED[value]}"
    assert caught.value.hint == ("set PM_PASSWORD again; if the value is correct, add `as_is: true` to `credentials:`")
    assert "s3cr3t" not in caught.value.message
    assert read_credentials(AS_IS, environ).password == Secret(value)


@pytest.mark.parametrize(
    "value",
    [
        "pass word",
        "*",
        "**",
        "a***",
        '"',
        '"a',
        "it's'",
        "$ecret",
        "$SECRET",
        "100%",
        "<3",
        "a=b",
        "null!",
        "ends.",
        "ß",
    ],
)
def test_an_unusual_value_is_not_taken_for_a_damaged_one(value: str) -> None:
    found = read_credentials(VARIABLES, {"PM_USERNAME": "robot", "PM_PASSWORD": value})
    assert found.password == Secret(value)


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"pass", "pass"),
        (b"pass\n", "pass"),
        (b"pass\r\n", "pass"),
        (b"pass\n\n", "pass\n"),
        (b" pass ", " pass "),
        (b"pass\r", "pass\r"),
        ("pässwörd\n".encode(), "pässwörd"),
    ],
)
def test_one_newline_at_the_end_of_a_file_is_not_part_of_it(tmp_path: Path, content: bytes, password: str) -> None:
    assert read_credentials(files(tmp_path, content, as_is=True), {}).password == Secret(password)


@pytest.mark.parametrize(
    "content", [b"pass\n\n", b"pass\n\r\n", b"\xef\xbb\xbfpass\n", b"'pass'\n", b" pass", b"\xc2\xa0\n"]
)
def test_a_file_that_was_damaged_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        read_credentials(files(tmp_path, content), {})
    assert f"the password file {tmp_path / 'password'} " in caught.value.message
    assert f"write nothing but the password into {tmp_path / 'password'}; " in str(caught.value.hint)


def test_everything_that_is_missing_is_said_at_once_with_what_to_do() -> None:
    with pytest.raises(CredentialsMissing) as caught:
        read_credentials(VARIABLES, {"PM_PASSWORD": ""})
    assert "PM_USERNAME (user name) is not set" in caught.value.message
    assert "PM_PASSWORD (password) is empty" in caught.value.message
    assert caught.value.hint == "export PM_USERNAME=<user name>; export PM_PASSWORD=<password>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        ("pass\n".encode("utf-16"), "is not UTF-8 text but UTF-16, as Windows PowerShell writes it"),
        (b"p\xe4ss", "is not UTF-8"),
        (b"x" * (LONGEST + 1), "longer than 64 KiB"),
    ],
)
def test_a_file_that_holds_no_password_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        read_credentials(files(tmp_path, content), {})
    assert said in caught.value.message
    assert str(tmp_path / "password") in caught.value.message


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    names = CredentialNames(username_file=tmp_path, password_file=tmp_path / "none")
    with pytest.raises(CredentialsMissing) as caught:
        read_credentials(names, {})
    assert "Is a directory" in caught.value.message
    assert "No such file" in caught.value.message


def test_bytes_in_the_environment_that_are_not_text_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(CredentialsMissing, match=r"PM_PASSWORD .* is not UTF-8 text"):
        read_credentials(VARIABLES, {"PM_USERNAME": "robot", "PM_PASSWORD": "\udcff"})


def test_settings_without_a_source_say_so() -> None:
    with pytest.raises(CredentialsMissing, match="does not say where the password is"):
        read_credentials(CredentialNames(username_env="PM_USERNAME"), {"PM_USERNAME": "robot"})


def test_credentials_never_print() -> None:
    found = read_credentials(VARIABLES, {"PM_USERNAME": "robot", "PM_PASSWORD": "pass"})
    assert repr(found) == "Credentials(username=***, password=***)"
