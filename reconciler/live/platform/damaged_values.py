"""What shows that a user name or a password was damaged on its way here, in words that never show the value.

A wrong password costs a login, and logins are counted until the account is locked. A secret store, a shell or an editor
adds characters that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.support.odd_ends import is_quoted, odd_ends, without_odd_ends

# What CI systems, log files and settings pages show in place of a secret.
_MASKED = (
    r"[*•●]{3,}|x{6,}|\[(?:masked|redacted|filtered|hidden)\]|<(?:masked|redacted|hidden|sensitive)>"
    r"|\(sensitive value\)"
)

# What a shell, a CI system or a secret store should have replaced. `$NAME` only with a `_` in it, since a password may
# begin with a $.
_PLACEHOLDER = (
    r"\$\{\{.*\}\}|\{\{.*\}\}|\$\{[A-Za-z_]\w*\}|\$\([A-Za-z_][\w.]*\)|\$[A-Z][A-Z0-9]*_[A-Z0-9_]*|%[A-Za-z_]\w*%"
    r"|<[a-z][a-z _-]*>|(?:op|vault|awssm)://\S+"
)

_NO_VALUE = frozenset(("null", "none", "nil", "undefined", "(null)", "<no value>"))


def signs_of_damage(value: str, variable: str | None) -> Iterator[str]:
    """What is odd about a value that is not empty, as words that follow the name of its variable or file.

    `variable` is the environment variable that it comes from, if it comes from one.
    """
    yield from odd_ends(value)
    core = without_odd_ends(value)
    if control := re.search(r"[\x00-\x1f\x7f-\x9f]", core):
        is_break = control[0] in "\r\n"
        yield "holds several lines" if is_break else f"holds the control character U+{ord(control[0]):04X}"
    if is_quoted(core):
        yield "begins and ends with quotes, which were copied along"
    if variable is not None and re.match(rf"(?:export\s+)?{re.escape(variable)}\s*=", core):
        yield f"begins with its own name ({variable}=)"
    if re.fullmatch(_MASKED, core, re.IGNORECASE):
        yield "contains a mask such as ***, not the secret"
    elif core.lower() in _NO_VALUE:
        yield "contains a word for a missing value, such as null"
    elif re.fullmatch(_PLACEHOLDER, core):
        yield "contains a placeholder that was not replaced"
