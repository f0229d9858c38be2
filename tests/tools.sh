#!/bin/sh
# Usage: sh tests/tools.sh [install]
# Says which programs the tests need and this machine lacks. With `install`, installs them with apt-get, and fails if it cannot.
set -eu
missing=
for pair in age:age age-keygen:age curl:curl jq:jq unzip:unzip git:git chromium:chromium ssh-keygen:openssh-client node:nodejs npm:npm buildah:buildah debootstrap:debootstrap; do
  if [ "$pair" = chromium:chromium ] && command -v google-chrome >/dev/null 2>&1; then continue; fi  # as good
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
missing=$(echo $missing | tr ' ' '\n' | sort -u | tr '\n' ' ')
[ -n "${missing% }" ] || exit 0

if [ "${1-}" != install ]; then
  echo "for the tests, install as well: $missing(with apt-get: sh tests/tools.sh install)" >&2
  exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then as_root='sudo -n'; fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "the tests need: $missing- there is no apt-get here, so install them in this system's own way" >&2
  exit 1
fi
$as_root apt-get install --yes --no-install-recommends $missing >/dev/null ||
  { $as_root apt-get update >/dev/null && $as_root apt-get install --yes --no-install-recommends $missing >/dev/null; } ||
  { echo "could not install: $missing" >&2; exit 1; }
