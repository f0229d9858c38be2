#!/bin/sh
# GitLab: sets the masked variables NAME_CLIENT_ID and NAME_CLIENT_SECRET of a project, for its pipelines.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/gitlab.sh, acme/portal], only: [Customer portal]}
# Needs: glab, logged in (GITLAB_TOKEN) as a maintainer of the project; jq.
set -eu
project=$1
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }
key=$(ask '.name // "" | ascii_upcase | gsub("[^A-Z0-9]+"; "_") | ltrimstr("_") | rtrimstr("_")')
if [ -z "$key" ] && [ "$(ask .event)" != check ]; then
  echo "the client's name has no letter or digit of ASCII to call a variable after" >&2
  exit 1
fi

keep() { # the value is read from standard input
  if glab variable get "$1" --repo "$project" </dev/null >/dev/null 2>&1; then
    glab variable update "$1" --repo "$project" $2 >/dev/null
  else
    glab variable set "$1" --repo "$project" $2 >/dev/null
  fi
}

case $(ask .event) in
check) glab variable list --repo "$project" >/dev/null ;;
deleted)
  glab variable delete "${key}_CLIENT_ID" --repo "$project" >/dev/null
  glab variable delete "${key}_CLIENT_SECRET" --repo "$project" >/dev/null ;;
*)
  # An id is too short to be masked, and needs not be.
  ask '.id | tostring' | tr -d '\n' | keep "${key}_CLIENT_ID" ""
  ask .secret | tr -d '\n' | keep "${key}_CLIENT_SECRET" --masked ;;
esac
