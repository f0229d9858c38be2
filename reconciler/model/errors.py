"""Why a command cannot go on. Each error knows its exit code; the command line prints message and hint.

ReconcilerError                      1
├── WrongUsage                       64   a flag or argument that makes no sense here
├── InvalidDeclarations              3    the files have errors (carries them all)
├── Refused                          4    a guard, a declined question, an instance that changed meanwhile
│   └── NotTried                     4    a wave of instances before this one did not succeed
├── Interrupted                      130  somebody stopped the run before this was begun
├── CredentialsMissing               1    no user name or password to log in with
├── SandboxError                     1    the embedded stand-in cannot start or open its database
├── GitError                         1    git, or what it has of the files, is not what a command needs
├── JournalError                     1    the journal of an apply cannot be written, or cannot be read
├── SinkError                        1    a secret cannot be handed to where it is needed
└── GatewayError                     1    talking to an instance failed
    ├── LoginRefused                 6    the instance does not accept the account: do not try again
    ├── NotAuthenticated             1    the session is gone
    ├── NotPermitted                 1    the account lacks a permission
    ├── Rejected                     1    the instance refused the values that were sent
    ├── Unavailable                  1    no answer, or the answer of an ill server
    ├── UnexpectedResponse           1    an answer that the platform would not give
    └── NotVerified                  1    something was written, or may have been, and no later look confirms it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.diagnostics import Diagnostic


class ReconcilerError(Exception):
    """A reason why a command cannot go on.

    `message` says in one sentence what is wrong, `hint` what to do next. Neither ever holds a secret, a response
    body or a header.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUsage(ReconcilerError):
    """A flag or an argument that makes no sense here."""

    exit_code = 64


class InvalidDeclarations(ReconcilerError):
    """The declarations or the settings have errors: all of them are in `diagnostics`."""

    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("the declarations are invalid")
        self.diagnostics = tuple(diagnostics)


class Refused(ReconcilerError):
    """Nothing was written because a guard, a person or a change on the instance said no."""

    exit_code = 4


class NotTried(Refused):
    """Nothing was begun here, since what had to succeed before did not."""


class Interrupted(ReconcilerError):
    """Somebody stopped the run before this was begun."""

    exit_code = 130


class CredentialsMissing(ReconcilerError):
    """There is no user name or no password to log in with."""


class SandboxError(ReconcilerError):
    """The embedded stand-in cannot start, or cannot use its database."""


class GitError(ReconcilerError):
    """Git is missing, does not know the revision, or cannot read it."""


class JournalError(ReconcilerError):
    """The journal of an apply cannot be written, so nothing is; or a journal cannot be read."""


class SinkError(ReconcilerError):
    """A secret cannot be handed to where it is needed; what was there before is still there."""


class GatewayError(ReconcilerError):
    """Talking to an instance failed."""


class LoginRefused(GatewayError):
    """The instance does not accept the account. Trying again may lock it."""

    exit_code = 6


class NotAuthenticated(GatewayError):
    """The session is gone: it expired, was ended by another login, or the password was changed."""


class NotPermitted(GatewayError):
    """The account lacks a permission; the message names it as the platform's manual does."""


class Rejected(GatewayError):
    """The instance refused the values that were sent; the message has its words, field by field."""


class Unavailable(GatewayError):
    """No answer, or the answer of an ill server. What was asked may or may not have been done."""


class UnexpectedResponse(GatewayError):
    """An answer that the platform would not give: another server, another version, or a broken one."""


class NotVerified(GatewayError):
    """Something was written, or may have been, and no later look at the instance confirms it."""
