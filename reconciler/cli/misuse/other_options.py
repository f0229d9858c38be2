"""Options of other programs, and what they are here."""

from __future__ import annotations

from collections.abc import Mapping

_ONLY_READS = dict.fromkeys(
    ("doctor", "history", "instances", "observe", "validate"), "this command only reads: leave it out"
)
_NO_WRITE = {
    "apply": "`reconciler plan` shows what apply would do, and writes nothing",
    "plan": "plan never writes to an instance: leave it out",
    "fmt": "--check writes nothing, and --diff shows what would change",
    "rollback": "without --apply, nothing is written",
    "export": "without -o, it only prints",
    "deliver": "--check delivers nothing",
    "init": "init never changes a file that exists",
    **_ONLY_READS,
}
_NO_QUESTION = {"--yes": "--yes does not ask", "": "this command asks nothing: leave it out"}
_SOME_CLIENTS = {
    "--only": "--only GLOB limits the plan to some clients",
    "validate": "name files to report on only those: reconciler validate FILE",
    "export": "export is always for whole instances: --instance NAME chooses one",
    "rollback": "a rollback is always of a whole run: to undo a part of it, edit what it prints",
    "deliver": "name the clients: reconciler secrets deliver NAME",
    "--instance": "this is always for whole instances: --instance NAME chooses one",
}
_LABELLED = {
    "--only": "--only GLOB and --owner GLOB choose clients, and --instance label:NAME chooses instances",
    "--instance": "--instance label:NAME chooses instances",
}
_GUARDS = (
    "no flag forces everything: each guard has its own, --max-creates N, --max-updates N, --max-deletes N or"
    " --on-drift revert"
)
_FORCE = {
    "init": "init never changes a file that exists: move it away first",
    "export": "--force overwrites the file of -o",
    "fmt": "fmt changes every file that is not formatted: leave it out",
    "--max-deletes": _GUARDS,
    **_ONLY_READS,
}
_FILES = {
    "export": "-o FILE names the file to write, and --force overwrites it",
    "init": "init never changes a file that exists: move it away first",
    "--max-deletes": f"everything in clients/ is read, and --clients DIR names another folder; {_GUARDS}",
    "--clients": "everything in clients/ is read: --clients DIR names another folder",
}
_ONE_INSTANCE = {
    "--instance": "--instance NAME chooses the instance",
    "init": "--url URL and --name NAME describe the instance",
    "history": "history has the runs of all instances: leave it out",
    "--config": "it is for all instances: leave it out",
}
_ADDRESS = {
    "init": "--url URL is the address of the instance",
    "--instance": "the URL is in reconciler.yaml: --instance NAME chooses one; `reconciler init --url URL` writes it",
}
_ALL = {"--all": "--all is for all instances", "history": "history has the runs of all instances: leave it out"}
_ELSEWHERE = {
    "init": "name the folder itself: reconciler init DIR",
    "apply": "--config DIR/reconciler.yaml is a project in another folder; `reconciler plan` is the dry run",
    "--config": "--config DIR/reconciler.yaml is a project in another folder",
}
_CONFIG = {"--config": "--config FILE names another reconciler.yaml"}
_AS_JSON = {
    "--format": "--format json",
    "export": "export writes YAML; reconciler observe -o FILE saves JSON",
    "--output": "-o FILE",
}
_OTHER_FORMAT = {"--report": "--report FILE writes a report, and the ending of FILE chooses the format"}
_LOGGED = {"--verbose": "-vv shows every request"}
_SAVED = {"--output": "-o FILE"}
_WHERE = {"--format": "--format json prints JSON; for a file, add: > FILE", "--report": "--report FILE"}
_ACCOUNT = {
    "--instance": "`credentials:` in reconciler.yaml names the variables that hold the account",
    "init": "--username-env and --password-env name the variables that hold the account",
}
_TLS = {
    **dict.fromkeys(
        ("--instance", "init"), "TLS is always verified: `ca_bundle:` in reconciler.yaml names your authority"
    )
}
_PROXY = {"--instance": "the variable HTTPS_PROXY names the proxy"}
_VARIABLES = {"--config": "`variables:` in reconciler.yaml has the values of ${name}"}
_RULES = {"--config": "`rules:` in reconciler.yaml sets the severity of a rule, and `allow:` in an entry waives it"}
_NO_STATE = {"": "there is no state file: every run reads the instance itself, so leave it out"}
_LOCK = {
    "apply": "an apply always keeps others of the same instance out: leave it out",
    "": "this command needs no lock: leave it out",
}
_DELETE = {"": "to delete a client, write `state: absent` in its entry"}
_REPLACE = {"": "to replace a client and its secret, write `rotate:` in its entry"}
_DECLARE = {
    "init": "--from URL also exports what the instance has",
    "": "`reconciler export --update` adds live clients to the files",
}
_AT_ONCE = {"--parallelism": "--parallelism N limits the requests at a time"}
_CHANGES = {"--detailed-exitcode": "--detailed-exitcode ends with 2 if there are changes"}
_NO_SECRETS = {"": "secrets are never shown: `reconciler secrets deliver` hands them to sinks"}
_LIMITS = {"--max-deletes": "--max-creates N, --max-updates N and --max-deletes N are the limits"}
_RETRIES = {"--timeout": "requests are repeated by themselves: --timeout SECONDS limits each"}
_DRIFT = {"--on-drift": "with --base REF, a plan says who made each difference"}
_FOLDERS = {"": "folders are always read with all that is in them: leave it out"}
_WAIT = {"apply": "apply ends when everything is written and verified: leave it out", "": "leave it out"}
_FIRST = {
    **dict.fromkeys(("plan", "apply"), "the files are always validated first: leave it out"),
}
_RUN = {"rollback": "name the run: reconciler history lists them", "history": "all runs are listed, the newest first"}
_FORMATS = {"fmt": "fmt writes the files: leave it out; with --check, it writes nothing"}
_QUIET = {"--quiet": "--quiet prints only problems"}
_COLOURS = {"--no-color": "--no-color disables colours"}
_LISTED = {"fmt": "--check names the files that would change"}
_FIX = {
    "doctor": "doctor changes nothing: each finding says how to fix it",
    "validate": "each problem says how to fix it, and `reconciler fmt` formats the files",
    "fmt": "fmt writes the files: leave it out",
}
_STDIN = {"fmt": "`reconciler fmt -` reads standard input"}
_VERSION = {"": "`reconciler version`"}
_HELP = {"": "--help"}

OTHER_OPTIONS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(
        ("--dry-run", "--dryrun", "--noop", "--no-op", "--what-if", "--diff", "--check", "--simulate", "--preview"),
        _NO_WRITE,
    ),
    **dict.fromkeys(
        ("--server-dry-run", "--dry", "--test", "--no-apply", "--plan", "--check-mode", "--no-execute", "-D"), _NO_WRITE
    ),
    **dict.fromkeys(
        ("--auto-approve", "--approve", "--assume-yes", "--assumeyes", "--confirm", "--no-confirm", "--yes", "-y"),
        _NO_QUESTION,
    ),
    **dict.fromkeys(
        ("--input", "--no-input", "--interactive", "--non-interactive", "--no-prompt", "--batch", "--skip-preview"),
        _NO_QUESTION,
    ),
    **dict.fromkeys(
        ("--target", "--select", "--filter", "--include", "--client", "--name", "--resource"), _SOME_CLIENTS
    ),
    **dict.fromkeys(("--exclude", "--skip"), _SOME_CLIENTS),
    **dict.fromkeys(("--tag", "--tags", "--select-tag", "--skip-tags", "--selector", "--label", "-t", "-l"), _LABELLED),
    **dict.fromkeys(("--force", "--overwrite", "--ignore-limits", "--doit", "--force-conflicts", "--unsafe"), _FORCE),
    **dict.fromkeys(("--file", "--filename", "--values", "--source", "-f", "-s"), _FILES),
    **dict.fromkeys(("--workspace", "--env", "--environment", "--profile", "-e"), _ONE_INSTANCE),
    **dict.fromkeys(("--stack", "--context", "--kube-context", "--namespace", "--cluster", "--tenant"), _ONE_INSTANCE),
    **dict.fromkeys(("--url", "--host", "--server", "--endpoint", "--address", "--base-url"), _ADDRESS),
    **dict.fromkeys(("--stage", "--site", "--inventory", "--instance", "-i"), _ONE_INSTANCE),
    **dict.fromkeys(("--all", "--all-namespaces", "--all-instances", "-A"), _ALL),
    "-n": {
        "apply": "`reconciler plan` is the dry run, and --instance NAME chooses the instance",
        "history": _RUN["history"],
        **_ONE_INSTANCE,
    },
    **dict.fromkeys(("--chdir", "--cwd", "--directory", "--dir", "--workdir", "--project", "-C"), _ELSEWHERE),
    **dict.fromkeys(("--config-file", "--config-path", "--conf", "--settings", "--kubeconfig"), _CONFIG),
    "--json": _AS_JSON,
    **dict.fromkeys(("--yaml", "--html", "--markdown", "--md", "--sarif", "--junit", "--report-file"), _OTHER_FORMAT),
    **dict.fromkeys(
        ("--debug", "--trace", "--log-level", "--loglevel", "--log", "--verbosity", "--show-requests"), _LOGGED
    ),
    **dict.fromkeys(("--silent", "--no-progress"), _QUIET),
    **dict.fromkeys(("--color", "--colour", "--no-colour", "--nocolor"), _COLOURS),
    **dict.fromkeys(("--out", "--plan-file", "--save", "--output-file"), _SAVED | _OTHER_FORMAT),
    **dict.fromkeys(("-o", "--output"), _WHERE),
    **dict.fromkeys(("--username", "--user", "--password", "--token", "--api-key", "-u"), _ACCOUNT),
    "-p": {"--parallelism": f"{_AT_ONCE['--parallelism']}; {_ACCOUNT['--instance']}", **_ACCOUNT},
    **dict.fromkeys(("--insecure", "-k", "--no-verify", "--skip-tls-verify", "--tls-skip-verify"), _TLS),
    **dict.fromkeys(("--insecure-skip-tls-verify", "--validate-certs", "--no-check-certificate"), _TLS),
    **dict.fromkeys(("--ca-cert", "--cacert", "--ca-bundle", "--cafile"), _TLS),
    "--proxy": _PROXY,
    **dict.fromkeys(("--var", "--vars", "--var-file", "--extra-vars", "--set", "--param"), _VARIABLES),
    **dict.fromkeys(("--lenient", "--strict", "--no-strict", "--ignore-warnings", "--warnings-as-errors"), _RULES),
    **dict.fromkeys(("--fail-on-warnings", "--compact-warnings", "-W"), _RULES),
    **dict.fromkeys(("--state", "--state-out", "--backend", "--backend-config", "--backup"), _NO_STATE),
    **dict.fromkeys(("--refresh", "--no-refresh", "--refresh-only"), _NO_STATE),
    **dict.fromkeys(("--lock", "--no-lock", "--lock-timeout"), _LOCK),
    **dict.fromkeys(("--destroy", "--delete", "--remove", "--purge", "--cascade", "--allow-delete"), _DELETE),
    **dict.fromkeys(("--replace", "--recreate", "--taint", "--rotate"), _REPLACE),
    **dict.fromkeys(("--import", "--adopt", "--generate-config-out"), _DECLARE),
    **dict.fromkeys(("--parallel", "--concurrency", "--workers", "--jobs", "--forks", "-j", "-P"), _AT_ONCE),
    **dict.fromkeys(("--exit-code", "--exitcode", "--non-zero-exit-code", "--fail-on-changes"), _CHANGES),
    **dict.fromkeys(("--show-secrets", "--show-secret", "--show-sensitive", "--reveal"), _NO_SECRETS),
    **dict.fromkeys(("--max-changes", "--max-change"), _LIMITS),
    **dict.fromkeys(("--retry", "--retries", "--max-retries"), _RETRIES),
    **dict.fromkeys(("--drift", "--detect-drift"), _DRIFT),
    **dict.fromkeys(("--recursive", "-R", "-r"), _FOLDERS),
    **dict.fromkeys(("--wait", "--no-wait", "-w"), _FORMATS | _WAIT),
    **dict.fromkeys(("--validate", "--no-validate"), _FIRST),
    **dict.fromkeys(("--last", "--latest", "--to", "--to-revision", "--revision", "--limit"), _RUN),
    "-d": {"fmt": _NO_WRITE["fmt"], **_ELSEWHERE},
    **dict.fromkeys(("--list", "--list-files"), _LISTED),
    **dict.fromkeys(("--write", "--in-place", "--inplace"), _FORMATS),
    **dict.fromkeys(("--stdin", "--stdin-filename"), _STDIN),
    **dict.fromkeys(("--fix", "--repair"), _FIX),
    **dict.fromkeys(("-V", "--version"), _VERSION),
    **dict.fromkeys(("-?", "--usage"), _HELP),
}
"""What each option is: by the command, by the flag of ours that the command must have, or for all."""

MEANT_FOR_WRITES = (_NO_WRITE, _NO_QUESTION, _FORCE, _LOGGED)
"""Whose options people also set in the environment, and rely on."""
