#!/bin/sh
# HashiCorp Vault, KV version 2: keeps client_id and client_secret of each client under MOUNT/PREFIX/INSTANCE/NAME.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/vault.sh, secret, oauth]}
# Needs: vault, with VAULT_ADDR and VAULT_TOKEN (or a token helper) in the environment; jq.
set -eu
mount=$1 prefix=$2
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }
path=$prefix/$(ask .instance)/$(ask '.name // "" | @uri')

case $(ask .event) in
check) vault token lookup >/dev/null ;;
deleted)
  # Of another id, it is the successor's.
  if [ "$(vault kv get -mount="$mount" -field=client_id "$path" || true)" = "$(ask .id)" ]; then
    vault kv metadata delete -mount="$mount" "$path" >/dev/null
  fi ;;
*)
  ask '{client_id: (.id | tostring), client_secret: .secret, owner: (.owner // "")}' |
    vault kv put -mount="$mount" "$path" - >/dev/null ;;
esac
