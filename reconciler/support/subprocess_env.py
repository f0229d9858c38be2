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

_SEARCHED = frozenset(("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"))
"""Lists of folders. The loader takes an empty one, as `/opt/lib:` has at its end, for the working directory."""

_PATHS = frozenset(
    ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH", "TMPDIR", "TEMP", "TMP")
)
"""One path each; git takes a relative one to start from the work tree."""

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
    are relative paths: git runs in a work tree, whose files must not be taken for programs, libraries or settings.
    """
    needed = {name: value for name, value in environ.items() if _FOR_GIT.fullmatch(name.upper())}
    return {**_absolute(needed, _SEARCHED | _PATHS), **_FIXED_VARIABLES}


def environment_without(environ: Mapping[str, str], secret: Collection[str]) -> dict[str, str]:
    """The environment for a program named in the settings: ours without the variables that contain credentials.

    The program runs in the project's folder, so relative folders in which programs and libraries are searched, which
    are those of another folder, are left out as well.
    """
    return _absolute({name: value for name, value in environ.items() if name not in secret}, _SEARCHED)


def _absolute(environ: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The variables, without the relative paths in those with these names; an empty path in a list is relative too."""
    found = {}
    for name, value in environ.items():
        if name not in names:
            found[name] = value
        elif name in _SEARCHED:
            found[name] = os.pathsep.join(filter(os.path.isabs, value.split(os.pathsep)))
        elif os.path.isabs(value) or not value:
            found[name] = value
    return {name: value for name, value in found.items() if value or name not in _SEARCHED}
