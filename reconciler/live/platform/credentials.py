"""Read the credentials to log in with from where the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.errors import CredentialsMissing
from reconciler.model.secret import Secret
from reconciler.model.settings import CredentialNames
from reconciler.support.frozen import frozen

LONGEST = 64 * 1024
"""Bytes. A longer file is not a password; the wrong file was named."""


@frozen
class Credentials:
    """A user name and a password. Neither is ever shown."""

    username: Secret
    password: Secret


@frozen
class _MissingCredential:
    """Why the user name or the password is missing, and the fix."""

    why: str
    way_out: str


def read_credentials(names: CredentialNames, environ: Mapping[str, str]) -> Credentials:
    """Read the credentials that `names` point to; one newline at the end of a file is ignored.

    Raises CredentialsMissing, which names every variable or file that is missing, empty or unreadable.
    """
    username = _read("user name", names.username_env, names.username_file, environ)
    password = _read("password", names.password_env, names.password_file, environ)
    if isinstance(username, Secret) and isinstance(password, Secret):
        return Credentials(username, password)
    absent = [found for found in (username, password) if isinstance(found, _MissingCredential)]
    raise CredentialsMissing(
        "cannot log in: " + "; ".join(one.why for one in absent),
        "; ".join(one.way_out for one in absent),
    )


def _read(
    what: str, variable: str | None, file: Path | None, environ: Mapping[str, str]
) -> Secret | _MissingCredential:
    if variable is not None:
        return _from_variable(what, variable, environ)
    if file is not None:
        return _from_file(what, file)
    return _MissingCredential(
        f"`credentials:` does not say where the {what} is", f"name a variable or a file for the {what}"
    )


def _from_variable(what: str, variable: str, environ: Mapping[str, str]) -> Secret | _MissingCredential:
    value = environ.get(variable)
    way_out = f"export {variable}=<{what}>"
    if value is None:
        return _MissingCredential(f"the environment variable {variable} ({what}) is not set", way_out)
    if not value:
        return _MissingCredential(f"the environment variable {variable} ({what}) is empty", way_out)
    if not _is_text(value):
        return _MissingCredential(f"the environment variable {variable} ({what}) is not UTF-8 text", way_out)
    return Secret(value)


def _from_file(what: str, file: Path) -> Secret | _MissingCredential:
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
        return Secret(value.decode())
    except UnicodeDecodeError:
        return _MissingCredential(f"the file {file} ({what}) is not UTF-8 text", way_out)


def _is_text(value: str) -> bool:
    # Python keeps bytes of the environment that are not UTF-8 as lone surrogates; they cannot be sent.
    return all(not "\ud800" <= character <= "\udfff" for character in value)
