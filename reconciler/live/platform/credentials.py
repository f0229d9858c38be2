"""Read the credentials to log in with from where the settings say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.live.platform.damaged_values import signs_of_damage
from reconciler.model.errors import CredentialsMissing
from reconciler.model.secret import Secret
from reconciler.model.settings import CredentialNames
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration

LONGEST = 64 * 1024
"""Bytes. A longer file is not a password; the wrong file was named."""


_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_AS_IS = "if the value is correct, add `as_is: true` to `credentials:`"


@frozen
class Credentials:
    """A user name and a password. Neither is ever shown."""

    username: Secret
    password: Secret


@frozen
class _MissingCredential:
    """Why the user name or the password is missing or looks damaged, and the fix."""

    why: str
    way_out: str
    is_damaged: bool = False
    """Whether there is a value, which could also be meant so."""


def read_credentials(names: CredentialNames, environ: Mapping[str, str]) -> Credentials:
    """Read the credentials that `names` point to; one newline at the end of a file is ignored.

    Raises CredentialsMissing, which names every variable or file that is missing, empty or unreadable, or, unless
    `names` take values as they are, holds a value that looks damaged.
    """
    if not names.as_is and (swapped := _swapped(names)):
        raise CredentialsMissing(f"cannot log in: {swapped}", f"correct `credentials:` in reconciler.yaml; {_AS_IS}")
    username = _read("user name", names.username_env, names.username_file, environ, as_is=names.as_is)
    password = _read("password", names.password_env, names.password_file, environ, as_is=names.as_is)
    if isinstance(username, Secret) and isinstance(password, Secret):
        credentials = Credentials(username, password)
        if names.as_is or not (joined := _joined(credentials, names)):
            return credentials
        username = joined
    absent = [found for found in (username, password) if isinstance(found, _MissingCredential)]
    hints = [one.way_out for one in absent] + ([_AS_IS] if any(one.is_damaged for one in absent) else [])
    raise CredentialsMissing("cannot log in: " + "; ".join(one.why for one in absent), "; ".join(hints))


def _joined(credentials: Credentials, names: CredentialNames) -> _MissingCredential | None:
    """What is wrong with a value that holds the other one too, as in user:password."""
    username, password = credentials.username.reveal(), credentials.password.reveal()
    if password.startswith(f"{username}:"):
        source, way_out = _source("password", names.password_env, names.password_file)
        return _MissingCredential(f"{source} begins with the user name and a colon", way_out, is_damaged=True)
    if username.endswith(f":{password}"):
        source, way_out = _source("user name", names.username_env, names.username_file)
        return _MissingCredential(f"{source} ends in a colon and the password", way_out, is_damaged=True)
    return None


def _swapped(names: CredentialNames) -> str | None:
    """Why the user name and the password cannot both be where `names` say."""
    username, password = names.username_env, names.password_env
    if username is None or password is None:
        same = names.username_file is not None and names.username_file == names.password_file
        return f"the file {names.username_file} cannot be both the user name and the password" if same else None
    if username == password:
        return f"the environment variable {username} cannot be both the user name and the password"
    if _is_named_after(_PASSWORD_WORDS, username) and _is_named_after(_USER_WORDS, password):
        return f"`username_env:` names {username} and `password_env:` names {password}, as if they were swapped"
    return None


_USER_WORDS = ("user", "login", "account")
_PASSWORD_WORDS = ("pass", "pwd", "secret")


def _is_named_after(words: tuple[str, ...], variable: str) -> bool:
    """Whether the last of all these words in the name of a variable is one of `words`."""
    name = variable.lower()
    return max(map(name.rfind, words)) > max(map(name.rfind, {*_USER_WORDS, *_PASSWORD_WORDS} - set(words)))


def _source(what: str, variable: str | None, file: Path | None) -> tuple[str, str]:
    """What to call the place that a value comes from, and how to correct the value."""
    if variable is not None:
        return f"the environment variable {variable}", f"set {variable} again"
    return f"the {what} file {file}", f"write nothing but the {what} into {file}"


def _read(
    what: str, variable: str | None, file: Path | None, environ: Mapping[str, str], *, as_is: bool
) -> Secret | _MissingCredential:
    if variable is not None:
        value = _from_variable(what, variable, environ)
    elif file is not None:
        value = _from_file(what, file)
    else:
        return _MissingCredential(
            f"`credentials:` does not say where the {what} is", f"name a variable or a file for the {what}"
        )
    if isinstance(value, _MissingCredential) or as_is:
        return value if isinstance(value, _MissingCredential) else Secret(value)
    # Every login with a wrong password counts towards the lock of the account.
    if signs := list(signs_of_damage(value, variable, is_password=what == "password")):
        source, way_out = _source(what, variable, file)
        return _MissingCredential(f"{source} {enumeration(signs)}", way_out, is_damaged=True)
    return Secret(value)


def _from_variable(what: str, variable: str, environ: Mapping[str, str]) -> str | _MissingCredential:
    value = environ.get(variable)
    way_out = f"export {variable}=<{what}>"
    if value is None:
        similar = next((name for name in environ if environ[name] and _alike(name) == _alike(variable)), None)
        but = f", but {similar} is" if similar else ""
        return _MissingCredential(f"the environment variable {variable} ({what}) is not set{but}", way_out)
    if not value:
        return _MissingCredential(f"the environment variable {variable} ({what}) is empty", way_out)
    if not _is_text(value):
        return _MissingCredential(f"the environment variable {variable} ({what}) is not UTF-8 text", way_out)
    return value


def _from_file(what: str, file: Path) -> str | _MissingCredential:
    way_out = f"write the {what} into {file}, readable for you alone"
    if str(file).startswith("~"):
        way_out = "write the path in full: a ~ is not expanded here"
    try:
        with open(file, "rb", opener=_open_without_waiting) as stream:
            content = stream.read(LONGEST + 1)
    except IsADirectoryError:
        return _MissingCredential(
            f"{file} ({what}) is a folder, not a file", f"name the file in it that holds the {what}"
        )
    except OSError as error:
        return _MissingCredential(f"the file {file} ({what}) cannot be read: {error.strerror}", way_out)
    if len(content) > LONGEST:
        return _MissingCredential(f"the file {file} ({what}) is longer than {LONGEST // 1024} KiB", way_out)
    value = content.removesuffix(b"\n").removesuffix(b"\r") if content.endswith(b"\n") else content
    if not value:
        return _MissingCredential(f"the file {file} ({what}) is empty", way_out)
    try:
        return value.decode()
    except UnicodeDecodeError:
        utf_16 = " but UTF-16, as Windows PowerShell writes it" if content[:2] in _UTF_16_MARKS else ""
        return _MissingCredential(f"the file {file} ({what}) is not UTF-8 text{utf_16}", way_out)


def _alike(variable: str) -> str:
    """The name of a variable without what people confuse; other instances' variables differ in more."""
    return re.sub(r"passwd|pwd|pass(?!word)", "password", variable.lower().replace("_", "").replace("username", "user"))


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file, also a pipe that nobody writes to: that one is empty."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def _is_text(value: str) -> bool:
    # Python keeps bytes of the environment that are not UTF-8 as lone surrogates; they cannot be sent.
    return all(not "\ud800" <= character <= "\udfff" for character in value)
