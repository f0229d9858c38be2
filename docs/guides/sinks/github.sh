#!/bin/sh
# GitHub: sets the secrets NAME_CLIENT_ID and NAME_CLIENT_SECRET of a repository, for its workflows.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/github.sh, acme/portal], only: [Customer portal]}
# Needs: gh, logged in (GH_TOKEN) with the right to write the repository's secrets; jq.
set -eu
repository=$1
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }
key=$(ask '.name // "" | ascii_upcase | gsub("[^A-Z0-9]+"; "_") | ltrimstr("_") | rtrimstr("_")')
if [ -z "$key" ] && [ "$(ask .event)" != check ]; then
  echo "the client's name has no letter or digit of ASCII to call a variable after" >&2
  exit 1
fi

case $(ask .event) in
check) gh secret list --repo "$repository" >/dev/null ;;
deleted)
  gh secret delete "${key}_CLIENT_ID" --repo "$repository" >/dev/null
  gh secret delete "${key}_CLIENT_SECRET" --repo "$repository" >/dev/null ;;
*)
  # Without --body, the value is read from standard input.
  ask '.id | tostring' | tr -d '\n' | gh secret set "${key}_CLIENT_ID" --repo "$repository" >/dev/null
  ask .secret | tr -d '\n' | gh secret set "${key}_CLIENT_SECRET" --repo "$repository" >/dev/null ;;
esac
