#!/bin/sh
# AWS Secrets Manager: keeps each client as a JSON secret, named PREFIX/INSTANCE/ID.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/aws-secrets-manager.sh, oauth]}
# Needs: aws, with credentials and a region that may describe, create, put and delete secrets; jq.
set -eu
prefix=$1
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }
id=$prefix/$(ask .instance)/$(ask .id)
value='({name, client_id: (.id | tostring), client_secret: .secret} | tojson)'

case $(ask .event) in
check) aws sts get-caller-identity >/dev/null ;;
deleted) aws secretsmanager delete-secret --secret-id "$id" --recovery-window-in-days 7 >/dev/null ;;
*)
  # The document goes through standard input: arguments can be seen by everybody on the machine.
  if aws secretsmanager describe-secret --secret-id "$id" >/dev/null 2>&1; then
    printf '%s' "$told" | jq --arg id "$id" "{SecretId: \$id, SecretString: $value}" |
      aws secretsmanager put-secret-value --cli-input-json file:///dev/stdin >/dev/null
  else
    printf '%s' "$told" | jq --arg id "$id" "{Name: \$id, SecretString: $value}" |
      aws secretsmanager create-secret --cli-input-json file:///dev/stdin >/dev/null
  fi ;;
esac
