"""What the programs that we run inherit of our environment, which may hold the password of an administrator."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_FOR_GIT = re.compile(
    r"""
    PATH | HOME | USER | LOGNAME | USERPROFILE | HOMEDRIVE | HOMEPATH | SYSTEMROOT | SUDO_UID | XDG_CONFIG_HOME
    | TMPDIR | TEMP | TMP | LANG | LC_[A-Z]+ | LD_LIBRARY_PATH | DYLD_LIBRARY_PATH | EMAIL
    | GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)
    | GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+|PARAMETERS)
    | GIT_(CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH|TEST_ASSUME_DIFFERENT_OWNER)
    """,
    re.VERBOSE,
)

_SURROUNDINGS = {
    "LC_ALL": "C",  # whoever reads git's words wants to know them
    "GIT_NO_LAZY_FETCH": "1",  # reading must not reach a network
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit is what its id says
    "GIT_OPTIONAL_LOCKS": "0",  # looking must not write to the repository: a person may be at work in it
    "GIT_TERMINAL_PROMPT": "0",
}


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for git, in which it reads a repository of this machine.

    It is made of what git needs for that, not of all but what is known to be secret: git may be asked before anybody
    knows which variables are. Nor are those handed on that a hook's git sets for its own repository.
    """
    return {**{name: value for name, value in environ.items() if _FOR_GIT.fullmatch(name.upper())}, **_SURROUNDINGS}


def environment_without(environ: Mapping[str, str], secret: Collection[str]) -> dict[str, str]:
    """The environment for a program that somebody configured: all of ours but the variables that hold credentials."""
    return {name: value for name, value in environ.items() if name not in secret}
