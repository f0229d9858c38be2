"""The environment for subprocesses. Our own may contain the password of an administrator."""

from __future__ import annotations

import os
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

_FIXED_VARIABLES = {
    "LC_ALL": "C",  # git's messages are parsed, so they must be in English
    "GIT_NO_LAZY_FETCH": "1",  # reading must not use the network
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit ID must always mean the same commit
    "GIT_GRAFT_FILE": os.devnull,  # and a commit must always have the parents that it names
    "GIT_OPTIONAL_LOCKS": "0",  # reading must not write to the repository: a user may be working in it
    "GIT_TERMINAL_PROMPT": "0",
}


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for git to read a repository on this machine.

    It contains only variables that git needs, instead of all that are not secret: git may run before it is known which
    variables are secret. Variables that git sets in a hook, for the hook's repository, are not passed on either, nor
    are relative folders of PATH: git runs in a work tree, whose files must not be taken for programs.
    """
    needed = {name: value for name, value in environ.items() if _FOR_GIT.fullmatch(name.upper())}
    if "PATH" in needed:
        needed["PATH"] = os.pathsep.join(filter(os.path.isabs, needed["PATH"].split(os.pathsep)))
    return {**needed, **_FIXED_VARIABLES}


def environment_without(environ: Mapping[str, str], secret: Collection[str]) -> dict[str, str]:
    """The environment for a program named in the settings: ours without the variables that contain credentials."""
    return {name: value for name, value in environ.items() if name not in secret}
