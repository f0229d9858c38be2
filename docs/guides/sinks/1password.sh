#!/bin/sh
# 1Password: keeps each client as an API Credential, titled "INSTANCE NAME (ID)", in a vault.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/1password.sh, Platform]}
# Needs: op, with a service account (OP_SERVICE_ACCOUNT_TOKEN) that may write the vault; jq.
set -eu
vault=$1
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }
title=$(ask '"\(.instance) \(.name) (\(.id))"')

item() {
  printf '%s' "$told" | jq --arg title "$title" '{
    title: $title, category: "API_CREDENTIAL",
    fields: [
      {id: "username", label: "username", type: "STRING", value: (.id | tostring)},
      {id: "credential", label: "credential", type: "CONCEALED", value: .secret},
      {id: "hostname", label: "hostname", type: "STRING", value: .url}]}'
}

case $(ask .event) in
check) op vault get "$vault" >/dev/null ;;
deleted) op item delete "$title" --vault "$vault" --archive >/dev/null ;;
*)
  # The item is read from standard input: arguments can be seen by everybody on the machine.
  if op item get "$title" --vault "$vault" >/dev/null 2>&1; then
    item | op item edit "$title" --vault "$vault" >/dev/null
  else
    item | op item create --vault "$vault" - >/dev/null
  fi ;;
esac
