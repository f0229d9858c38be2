"""The errors that stop a command. Each has an exit code; the command line prints message and hint.

ReconcilerError                      1
├── WrongUsage                       64   a flag or argument that is not valid here
├── InvalidDeclarations              3    the files have errors (carries them all)
├── Refused                          4    a guard, a declined prompt, or an instance that changed meanwhile
│   └── NotTried                     4    a wave of instances before this one did not succeed
├── Interrupted                      130  the run was stopped before this was started
├── CredentialsMissing               1    no user name or password to log in with
├── SandboxError                     1    the local emulator cannot start or open its database
├── GitError                         1    git is missing, or cannot read what a command needs
├── JournalError                     1    the journal of an apply cannot be written or read
├── SinkError                        1    a secret cannot be delivered to its destination
└── GatewayError                     1    communication with an instance failed
    ├── LoginRefused                 6    the instance does not accept the account: do not retry
    ├── NotAuthenticated             1    the session is no longer valid
    ├── NotPermitted                 1    the account lacks a permission
    ├── ClientNotFound               1    no such client, or it belongs to another account
    ├── Rejected                     1    the instance refused the values that were sent
    ├── Unavailable                  1    no response, or a server error
    │   └── ProxyFailed              1    the proxy, or the way to it: nothing reached the instance
    ├── UnexpectedResponse           1    a response that the platform would not send
    └── NotVerified                  1    something was written, or may have been, and no later read confirms it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.diagnostics import Diagnostic


class ReconcilerError(Exception):
    """An error that stops a command.

    `message` says in one sentence what is wrong, `hint` what to do next. Neither ever contains a secret, a response
    body or a header.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUsage(ReconcilerError):
    """A flag or an argument that is not valid here."""

    exit_code = 64


class InvalidDeclarations(ReconcilerError):
    """The declarations or the settings have errors: all of them are in `diagnostics`."""

    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("the declarations are invalid")
        self.diagnostics = tuple(diagnostics)


class Refused(ReconcilerError):
    """Nothing was written because of a guard, a user who declined, or a change on the instance."""

    exit_code = 4


class NotTried(Refused):
    """Nothing was started here, because something that had to succeed first did not."""


class Interrupted(ReconcilerError):
    """The run was stopped before this was started."""

    exit_code = 130


class CredentialsMissing(ReconcilerError):
    """There is no user name or no password to log in with."""


class SandboxError(ReconcilerError):
    """The local emulator cannot start, or cannot use its database."""


class GitError(ReconcilerError):
    """Git is missing, does not know the revision, or cannot read it."""


class JournalError(ReconcilerError):
    """The journal of an apply cannot be written, so nothing is applied; or a journal cannot be read."""


class SinkError(ReconcilerError):
    """A secret cannot be delivered to its destination; the previous content there is kept."""


class GatewayError(ReconcilerError):
    """Communication with an instance failed."""


class LoginRefused(GatewayError):
    """The instance does not accept the account. A retry may lock it."""

    exit_code = 6


class NotAuthenticated(GatewayError):
    """The session is no longer valid: it expired, was ended by another login, or the password was changed."""


class NotPermitted(GatewayError):
    """The account lacks a permission; the message names it as the platform's manual does."""


class ClientNotFound(GatewayError):
    """The instance has no client with this id, or it belongs to another account: from 2026 on both are one answer."""


class Rejected(GatewayError):
    """The instance refused the values that were sent; the message has its reasons, field by field."""


class Unavailable(GatewayError):
    """No response, or a server error. The request may or may not have been carried out."""


class ProxyFailed(Unavailable):
    """The proxy did not let the request through, or could not be reached: nothing reached the instance."""


class UnexpectedResponse(GatewayError):
    """A response that the platform would not send: it is another server, another version, or broken."""


class NotVerified(GatewayError):
    """Something was written, or may have been, and no later read of the instance confirms it."""
