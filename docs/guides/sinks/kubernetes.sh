#!/bin/sh
# Kubernetes: keeps each client as a Secret, named PREFIX-ID, with the keys client_id and client_secret.
# Usage in reconciler.yaml:  - command: {run: [docs/guides/sinks/kubernetes.sh, portal, oauth]}   (a namespace and the prefix)
# Needs: kubectl, with a context that may create, patch and delete Secrets in the namespace; jq.
set -eu
namespace=$1 prefix=$2
told=$(cat)
ask() { printf '%s' "$told" | jq -r "$1"; }

case $(ask .event) in
check) kubectl auth can-i create secrets --namespace "$namespace" >/dev/null ;;
deleted) kubectl delete secret "$prefix-$(ask .id)" --namespace "$namespace" --ignore-not-found >/dev/null ;;
*)
  # --server-side: the other way would copy the secret into an annotation.
  printf '%s' "$told" | jq --arg prefix "$prefix" --arg namespace "$namespace" '{
      apiVersion: "v1", kind: "Secret", type: "Opaque",
      metadata: {name: "\($prefix)-\(.id)", namespace: $namespace, annotations: {"reconciler/name": .name}},
      stringData: {client_id: (.id | tostring), client_secret: .secret}}' |
    kubectl apply --server-side --force-conflicts -f - >/dev/null ;;
esac
