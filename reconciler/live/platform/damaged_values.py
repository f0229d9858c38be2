"""What shows that a user name or a password was damaged on its way here, in words that never show the value.

A wrong password costs a login, and logins are counted until the account is locked. A secret store, a shell or an editor
adds characters that nobody sees, or leaves something else in the place of the value.

Whatever is recognised here must be something that no generator of passwords and no person would choose: a rare value
that is meant so needs a setting.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

from reconciler.support.odd_ends import is_quoted, named_character, odd_ends, without_odd_ends

_SECRET = r"pass(?:word|wd|phrase)?|pwd?|secret|token|cred(?:ential)?s?"
_SUBJECT = rf"(?:{_SECRET}|user(?:name|_name)?|login|account)"
_SUBJECT_NAME = rf"(?:\w*_)?{_SUBJECT}(?:_\w*)?"
"""The name of a variable or key that holds a credential: `PM_PASSWORD`, `username`, `SECRET_2`."""

# What CI systems, log files and settings pages show in place of a secret.
_MASK = (
    r"([*•●∙·.…#_-])\1{2,}|x{4,}|…|redacted|masked"
    r"|[\[<({]+(?:masked|redacted|filtered|hidden|removed|secured?|protected|private|sensitive(?: value)?)[\]>)}]+"
)

# What a shell, a template or a CI system should have replaced. `$NAME` only if the name shows what it is for, since a
# password may begin with a $.
_PLACEHOLDER = (
    r"\$?\{\{.*\}\}|\$(?:ENV)?\{.*\}|\$\(.+\)|\$\[.+\]|\$\$?(?:env:)?(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]*)"
    rf"|\$\$?(?:env:)?{_SUBJECT_NAME}|%[A-Za-z_]\w*%|%\(\w+\)s|\#\{{.+\}}|<%.*%>|@@\w+@@|@{_SUBJECT_NAME}@"
    rf"|__[A-Z]\w+__|<[a-z][\w .-]*>|\[[^\]]*\b{_SUBJECT}\b[^\]]*\]"
)

_TO_DO = r"change[ _-]?(?:me|it|this)\W*|replace[ _-]?(?:me|this|with[ _-].*)|to[ _-]?do\W*|fix[ _-]?me|tbd|dummy"
_EXAMPLE = (
    rf"placeholder|(?:insert|enter|put|type|my|the|your)[ _-](?:.*[ _-])?(?:{_SUBJECT}|here)\W*|your{_SUBJECT}(?:here)?"
)

# Of secret stores (op://…, ref+vault://…) and cloud settings; no password is an address.
_REFERENCE = (
    r"[a-z][\w+.-]*://\S*|arn:aws[\w-]*:\S+|@Microsoft\.KeyVault\(.*\)|projects/[^/]+/secrets/\S+"
    r"|(?:vault|ssm|secret):/?\w\S*/\S+|!(?:vault|ref|sub|secret|getatt)\s.*"
)

# Only in usual folders: a password in base64 may begin with a slash, and have another one.
_PATH = (
    r"/(?:run|var|etc|mnt|tmp|home|opt|secrets?|vault|usr|root|srv|dev|proc|users|private|builds)/\S+"
    r"|(?:~|\.\.?)/[\w./@-]+|[a-z]:\\(?:[\w. -]+\\)*[\w. -]+"
)

_ENCRYPTED = (
    r"ENC\[.*\]|\$ANSIBLE_VAULT;.*|-----BEGIN .*|\{cipher\}.*|age-encryption\.org/.*|vault:v\d+:.*"
    r"|\$2[abxy]\$\d\d\$.{53}|\$argon2\w*\$.*|\$[156]\$.{20,}"
)

_ERROR = (
    r"(?:\w*error|fatal|\w*exception):.*|traceback .*"
    r"|.*(?:no such file or directory|command not found|permission denied)"
)

_KINDS = (
    (_MASK, "contains a mask such as ***, not the secret"),
    (r"\(?null\)?|<?none>?|\(none\)|<?nil>?|undefined|<no value>|\(?<?unset>?\)?|\(not set\)|n/a|\[object object\]",
     "contains a word for a missing value, such as null"),
    (_PLACEHOLDER, "contains a placeholder that was not replaced"),
    (rf"{_TO_DO}|{_EXAMPLE}", "contains an example such as changeme, not the real value"),
    (_ENCRYPTED, "contains encrypted or hashed text, not the value itself"),
    (_REFERENCE, "contains an address, as of a secret store, not the value itself"),
    (_PATH, "contains the path of a file, not its content (`username_file:` and `password_file:` take paths)"),
    (r"<(?:!doctype|html|\?xml)\b.*", "contains a page of HTML or XML"),
    (_ERROR, "contains an error message of the program that should have printed it"),
    (r"(?:basic|bearer) \S+", "contains a whole header, with Basic or Bearer"),
    (r"version https://git-lfs\.github\.com/.*", "contains a pointer of Git LFS: run `git lfs pull`"),
)  # fmt: skip
"""What may stand in the place of a value, and the words for it; the first that fits counts."""

_ASSIGNMENT = (
    r"(?:(?:export|set|setx|declare -x)\s+)\w+[=\s].+|\$env:\w+\s*=.*"
    rf"|(?:--?)?[\"']?{_SUBJECT_NAME}[\"']?\s*(?:=|:\s).+"
)
_WRITTEN_OUT = r".+?((?:(?-i:\\[rn])|%0[ad])+)"
_EMAIL_ADDRESS = r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}"
_SHORTEST_ENCODED = 7


def signs_of_damage(value: str, variable: str | None, *, is_password: bool) -> Iterator[str]:
    """What is odd about a value that is not empty, as words that follow the name of its variable or file.

    `variable` is the environment variable that it comes from, if it comes from one.
    """
    yield from odd_ends(value)
    core = without_odd_ends(value)
    if kind := _kind(core, variable):
        yield kind
        return
    # A blank is the only thing without ink that people put into passwords.
    if odd := next((each for each in core if not each.isprintable()), None):
        yield "holds several lines" if odd in "\r\n" else f"holds {named_character(odd)}"
    if is_quoted(core):
        yield "begins and ends with quotes, which were copied along"
    if escape := _fits(_WRITTEN_OUT, core):
        yield f"ends in {escape[1]}, a line break that was written out"
    if re.search(r"&(?:amp|quot|apos|lt|gt|#\d+);", core):
        yield "holds an HTML escape such as &amp;"
    if is_password and _fits(_EMAIL_ADDRESS, core):
        yield "is an e-mail address, as if it were swapped with the user name"
    if not is_password and _fits(r"mailto:.*|.*<\S+@\S+>", core):
        yield "is more than an e-mail address"
    if text := _decoded(core):
        yield f"is base64 of a text{' that ends in a line feed' if text.endswith(chr(10)) else ''}: decode it"


def _kind(core: str, variable: str | None) -> str | None:
    """What stands in the place of the value, if something else does."""
    if variable is not None and re.match(rf"(?:export\s+)?{re.escape(variable)}\s*=", core):
        return f"begins with its own name ({variable}=)"
    if _fits(_ASSIGNMENT, core):
        return "begins with a name, as in NAME=value"
    if _is_json(core):
        return "contains JSON, not the value alone"
    return next((words for pattern, words in _KINDS if _fits(pattern, core)), None)


def _fits(pattern: str, core: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, core, re.IGNORECASE | re.DOTALL)


def _is_json(core: str) -> bool:
    if not core.startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(core), dict | list)
    except ValueError:
        return False


def _decoded(core: str) -> str | None:
    """The text of a value in base64, if it can be nothing else: random letters do not decode to printable text."""
    try:
        text = base64.b64decode(core, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    is_sure = core.endswith("=") or text.endswith("\n") or len(text) > 2 * _SHORTEST_ENCODED
    return text if is_sure and len(text) >= _SHORTEST_ENCODED and text.strip("\r\n").isprintable() else None
