"""Where the account comes from, and what is said when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.live.platform.credentials import LONGEST, Credentials, read_credentials
from reconciler.model.errors import CredentialsMissing
from reconciler.model.secret import Secret
from reconciler.model.settings import CredentialNames

VARIABLES = CredentialNames(username_env="PM_USERNAME", password_env="PM_PASSWORD")


def files(directory: Path, password: bytes) -> CredentialNames:
    (directory / "user").write_bytes(b"robot\n")
    (directory / "password").write_bytes(password)
    return CredentialNames(username_file=directory / "user", password_file=directory / "password")


def test_credentials_come_from_the_variables_that_are_named() -> None:
    found = read_credentials(VARIABLES, {"PM_USERNAME": "robot", "PM_PASSWORD": " pass word\n"})
    assert found == Credentials(Secret("robot"), Secret(" pass word\n"))


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
    assert read_credentials(files(tmp_path, content), {}).password == Secret(password)


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
        (b"\xff\xfe", "is not UTF-8"),
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
