"""Where the account comes from, and what is said when it does not."""

from __future__ import annotations

import os
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
    "s3\0cr3t": "holds the invisible character U+0000",
    "s3\u200bcr3t": "holds the invisible character U+200B",
    "s3\xa0cr3t": "holds a no-break space",
    '"s3cr3t"': "begins and ends with quotes, which were copied along",
    "'s3cr3t'\n": "ends in a line feed and begins and ends with quotes, which were copied along",
    "„s3cr3t“": "begins and ends with quotes, which were copied along",
    '\\"s3cr3t\\"': "begins and ends with quotes, which were copied along",
    "s3cr3t\\n": "ends in \\n, a line break that was written out",
    "s3cr3t%0A": "ends in %0A, a line break that was written out",
    "s3cr3t&amp;": "holds an HTML escape such as &amp;",
    "PM_PASSWORD=s3cr3t": "begins with its own name (PM_PASSWORD=)",
    "export PM_PASSWORD=s3cr3t": "begins with its own name (PM_PASSWORD=)",
    "DB_PASSWORD=s3cr3t": "begins with a name, as in NAME=value",
    "password: s3cr3t\nuser: robot": "begins with a name, as in NAME=value",
    'set X="s3cr3t"': "begins with a name, as in NAME=value",
    '{"password": "s3cr3t"}': "contains JSON, not the value alone",
    "robot:s3cr3t": "begins with the user name and a colon",
    "s3cr3t@acme.example": "is an e-mail address, as if it were swapped with the user name",
    "Bearer s3cr3t": "contains a whole header, with Basic or Bearer",
    "czNjcjN0cw==": "is base64 of a text: decode it",
    "czNjcjN0Cg==": "is base64 of a text that ends in a line feed: decode it",
    "https://robot:s3cr3t@acme.example": "contains an address, as of a secret store, not the value itself",
    "arn:aws:ssm:eu:1:s3cr3t": "contains an address, as of a secret store, not the value itself",
    "-----BEGIN AGE ENCRYPTED FILE-----\ns3cr3t": "contains encrypted or hashed text, not the value itself",
    "ENC[AES256_GCM,data:s3cr3t]": "contains encrypted or hashed text, not the value itself",
    "/run/secrets/s3cr3t": (
        "contains the path of a file, not its content (`username_file:` and `password_file:` take paths)"
    ),
    "cat: s3cr3t: No such file or directory": ("contains an error message of the program that should have printed it"),
    "<!DOCTYPE html><p>s3cr3t": "contains a page of HTML or XML",
    "change_me": "contains an example such as changeme, not the real value",
    "your-password-here": "contains an example such as changeme, not the real value",
    "***": "contains a mask such as ***, not the secret",
    "[MASKED]": "contains a mask such as ***, not the secret",
    "null": "contains a word for a missing value, such as null",
    "${{ secrets.PM_PASSWORD }}": "contains a placeholder that was not replaced",
    "$(PM_PASSWORD)": "contains a placeholder that was not replaced",
    "$PM_PASSWORD": "contains a placeholder that was not replaced",
    "$PASSWORD": "contains a placeholder that was not replaced",
    "${PASSWORD:-s3cr3t}": "contains a placeholder that was not replaced",
    "#{PASSWORD}": "contains a placeholder that was not replaced",
    "op://vault/item/password": "contains an address, as of a secret store, not the value itself",
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
        "$ECRET",
        "$my_dog_1",
        "password1!",
        "/aB3/x9Kd",
        "fatal attraction",
        "Password1234",
        "a%20b",
        "back\\slash",
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


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        ("PM_PASSWORD", "PM_USERNAME", "as if they were swapped"),
        ("PM_PASSWORD", "PM_PASSWORD", "PM_PASSWORD cannot be both"),
    ],
)
def test_variables_that_were_swapped_are_told_before_a_login(username: str, password: str, said: str) -> None:
    names = CredentialNames(username_env=username, password_env=password)
    environ = {"PM_USERNAME": "robot", "PM_PASSWORD": "s3cr3t"}
    with pytest.raises(CredentialsMissing, match=said):
        read_credentials(names, environ)
    assert read_credentials(replace(names, as_is=True), environ)


@pytest.mark.parametrize("username", ["robot:s3cr3t", "mailto:robot@acme.example", "Robot <robot@acme.example>"])
def test_a_user_name_that_holds_more_is_named_and_never_shown(username: str) -> None:
    with pytest.raises(CredentialsMissing, match="PM_USERNAME") as caught:
        read_credentials(VARIABLES, {"PM_USERNAME": username, "PM_PASSWORD": "s3cr3t"})
    assert username not in caught.value.message


def test_a_variable_of_nearly_that_name_is_named() -> None:
    with pytest.raises(CredentialsMissing, match=r"PM_USERNAME \(user name\) is not set, but PM_USER is"):
        read_credentials(VARIABLES, {"PM_USER": "robot", "PM_PASSWORD": "s3cr3t"})


def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path: Path) -> None:
    names = files(tmp_path, b"")
    (tmp_path / "password").unlink()
    os.mkfifo(tmp_path / "password")
    with pytest.raises(CredentialsMissing, match="is empty"):
        read_credentials(names, {})


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
    assert f"{tmp_path} (user name) is a folder" in caught.value.message
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
