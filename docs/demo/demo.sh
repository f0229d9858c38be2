#!/bin/sh
# The whole job against the embedded sandbox. RUN is the reconciler command.
set -eu
RUN=${RUN:-reconciler}

step() { printf '\n$ reconciler %s\n' "$*"; "$RUN" "$@"; }

# Yesterday: a fresh installation, on which somebody made three clients.
"$RUN" sandbox reset --instance sandbox --quiet
"$RUN" apply --clients docs/demo/yesterday --instance sandbox --yes --quiet >/dev/null

# Today's pull request: clients/ changes one of them, renames one, adds one and removes one.
step validate
step plan --instance sandbox
step apply --instance sandbox --yes
step plan --instance sandbox

printf '\nThat was the sandbox. Your own instance is five minutes away: see the README.\n'
