"""Read the credentials to log in with from where the settings say."""

from __future__ import annotations

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


def read_credentials(names: CredentialNames, environ: Mapping[str, str]) -> Credentials:
    """Read the credentials that `names` point to; one newline at the end of a file is ignored.

    Raises CredentialsMissing, which names every variable or file that is missing, empty or unreadable, or, unless
    `names` take values as they are, holds a value that looks damaged.
    """
    username = _read("user name", names.username_env, names.username_file, environ, as_is=names.as_is)
    password = _read("password", names.password_env, names.password_file, environ, as_is=names.as_is)
    if isinstance(username, Secret) and isinstance(password, Secret):
        return Credentials(username, password)
    absent = [found for found in (username, password) if isinstance(found, _MissingCredential)]
    raise CredentialsMissing(
        "cannot log in: " + "; ".join(one.why for one in absent),
        "; ".join(one.way_out for one in absent),
    )


def _read(
    what: str, variable: str | None, file: Path | None, environ: Mapping[str, str], *, as_is: bool
) -> Secret | _MissingCredential:
    if variable is not None:
        value = _from_variable(what, variable, environ)
        source, way_out = f"the environment variable {variable}", f"set {variable} again"
    elif file is not None:
        value = _from_file(what, file)
        source, way_out = f"the {what} file {file}", f"write nothing but the {what} into {file}"
    else:
        return _MissingCredential(
            f"`credentials:` does not say where the {what} is", f"name a variable or a file for the {what}"
        )
    if isinstance(value, _MissingCredential):
        return value
    # Every login with a wrong password counts towards the lock of the account.
    if not as_is and (signs := list(signs_of_damage(value, variable))):
        return _MissingCredential(f"{source} {enumeration(signs)}", f"{way_out}; {_AS_IS}")
    return Secret(value)


def _from_variable(what: str, variable: str, environ: Mapping[str, str]) -> str | _MissingCredential:
    value = environ.get(variable)
    way_out = f"export {variable}=<{what}>"
    if value is None:
        return _MissingCredential(f"the environment variable {variable} ({what}) is not set", way_out)
    if not value:
        return _MissingCredential(f"the environment variable {variable} ({what}) is empty", way_out)
    if not _is_text(value):
        return _MissingCredential(f"the environment variable {variable} ({what}) is not UTF-8 text", way_out)
    return value


def _from_file(what: str, file: Path) -> str | _MissingCredential:
    way_out = f"write the {what} into {file}, readable for you alone"
    try:
        with file.open("rb") as stream:
            content = stream.read(LONGEST + 1)
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


def _is_text(value: str) -> bool:
    # Python keeps bytes of the environment that are not UTF-8 as lone surrogates; they cannot be sent.
    return all(not "\ud800" <= character <= "\udfff" for character in value)
