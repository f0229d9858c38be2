#!/usr/bin/env bash
# Usage: pipeline.sh plan|apply INSTANCE        for any CI system: plan in one job, approve, apply in another
#
# Both jobs are on the same commit of the main branch, with its whole history; reconciler.yaml says which environment
# variables hold the account. plan.json goes from the first to the second; journal/ is kept. Exit codes are reconciler's own.
set -euo pipefail

instance=$2
applied=refs/reconciler/applied

case $1 in
  plan)
    git fetch --quiet origin "+$applied/*:$applied/*"
    since=()
    if git show-ref --quiet --verify "$applied/$instance"; then
      since=(--base applied --prune removed) # else nothing was applied yet
    fi
    reconciler plan --instance "$instance" "${since[@]}" -o plan.json --report plan.md
    ;;
  apply)
    code=0
    git update-ref -d "$applied/$instance" # an earlier run's; a complete apply sets it
    reconciler apply plan.json --journal journal || code=$?
    if git show-ref --quiet --verify "$applied/$instance"; then git push --quiet origin "+$applied/$instance"; fi
    exit "$code"
    ;;
  *)
    echo "usage: pipeline.sh plan|apply INSTANCE" >&2
    exit 64
    ;;
esac
