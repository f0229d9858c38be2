"""Commands of other programs, and what they are here."""

from __future__ import annotations

from collections.abc import Mapping

_TO_DELETE = "to delete a client, write `state: absent` in its entry, then `reconciler plan`"
_TO_REPLACE = "to replace a client and its secret, write `rotate:` in its entry, then `reconciler plan`"
_TO_RENAME = "to rename a client, change its `name:`, and write the earlier one in `previous_names:`"
_TO_CHANGE = "edit the files in clients/, then `reconciler plan`"
_NO_STATE = "there is no state to change: `reconciler plan` compares the files with the instance"
_NO_LOCK = "a lock ends with its process: there is nothing to unlock"
_NO_SECRETS = "secrets are never shown: `reconciler secrets deliver` hands them to sinks"

OTHER_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("diff", "drift", "preview", "dry-run", "show", "status", "whatif", "compare", "refresh"), "plan"),
    **dict.fromkeys(("sync", "push", "deploy", "update", "up", "converge", "upgrade", "install", "run"), "apply"),
    **dict.fromkeys(("dump", "import", "pull", "download", "get", "describe", "cat", "inspect", "clone"), "export"),
    **dict.fromkeys(("client", "clients", "backup", "fetch", "convert", "adopt"), "export"),
    **dict.fromkeys(("lint", "check", "test", "verify"), "validate"),
    **dict.fromkeys(("format", "reformat"), "fmt"),
    **dict.fromkeys(("new", "create", "start", "setup", "bootstrap", "quickstart", "configure"), "init"),
    **dict.fromkeys(("undo", "revert", "restore"), "rollback"),
    **dict.fromkeys(("log", "logs", "journal", "runs", "audit", "events"), "history"),
    **dict.fromkeys(
        ("list", "ls", "workspace", "stack", "env", "context", "config", "providers", "targets"), "instances"
    ),
    **dict.fromkeys(("login", "ping", "auth", "diagnose", "whoami", "health", "healthcheck", "debug"), "doctor"),
    **dict.fromkeys(("serve", "server", "mock", "emulator"), "sandbox serve"),
    **dict.fromkeys(("deliver",), "secrets deliver"),
    **dict.fromkeys(("about", "info"), "version"),
    **dict.fromkeys(("help", "man", "usage", "docs", "tutorial", "examples"), "--help"),
}
"""What each command is called here."""

OTHER_WISHES: Mapping[str, str] = {
    **dict.fromkeys(("destroy", "delete", "remove", "rm", "uninstall", "down", "clean", "purge", "prune"), _TO_DELETE),
    **dict.fromkeys(("taint", "replace", "rotate", "recreate"), _TO_REPLACE),
    **dict.fromkeys(("rename", "mv", "move"), _TO_RENAME),
    **dict.fromkeys(("edit", "patch", "set", "add", "label", "annotate"), _TO_CHANGE),
    **dict.fromkeys(("state", "untaint", "output"), _NO_STATE),
    **dict.fromkeys(("unlock", "force-unlock"), _NO_LOCK),
    "logout": "every run logs in and out by itself",
    "commit": "the files are committed with git: git commit",
}
"""What is done here in another way than with a command."""

IN_GROUPS: Mapping[str, Mapping[str, str]] = {
    "sandbox": {
        **dict.fromkeys(("start", "run", "up", "server", "launch"), "did you mean `reconciler sandbox serve`?"),
        **dict.fromkeys(("stop", "down", "kill"), "it ends with its run, and `sandbox serve` with Ctrl-C"),
        **dict.fromkeys(("clean", "destroy", "delete", "init", "clear"), "did you mean `reconciler sandbox reset`?"),
    },
    "secrets": {
        **dict.fromkeys(("list", "ls", "get", "show", "export", "read", "view"), _NO_SECRETS),
        **dict.fromkeys(("rotate", "renew", "regenerate", "replace"), _TO_REPLACE),
        **dict.fromkeys(("sync", "push", "send", "apply", "write"), "did you mean `reconciler secrets deliver`?"),
        **dict.fromkeys(("check", "status", "plan", "diff"), "did you mean `reconciler secrets deliver --check`?"),
    },
}
"""The same, in groups of commands."""

PREFIXES = frozenset(("gateway", "file", "rollout", "stack", "workspace", "config", "konnect"))
"""Words in front of the command that is meant, as in `gateway sync`."""
