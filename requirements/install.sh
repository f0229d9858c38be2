#!/bin/sh
# Usage: sh requirements/install.sh FOLDER [CONSTRAINTS]
# Makes a virtual environment in FOLDER with the program of this checkout and the dependencies that requirements/ locks:
# no package is installed whose hash does not stand there. With a file CONSTRAINTS, its versions are taken instead, and no
# hash is checked. PYTHON names another interpreter than python3. PACKAGES names a folder to keep the packages in: from
# there they are installed the next time, each with its hash checked again.
set -eu
if [ "$#" -lt 1 ] || [ "$#" -gt 2 ]; then
  echo "usage: sh requirements/install.sh FOLDER [CONSTRAINTS]" >&2
  exit 64
fi
checkout=$(cd "$(dirname "$0")/.." && pwd)
python=$1/bin/python

install() { # ARGUMENTS of pip install
  "$python" -m pip install --quiet --disable-pip-version-check "$@"
}

"${PYTHON:-python3}" -m venv "$1"
if [ -n "${2-}" ]; then
  install --constraint "$2" "${checkout}[age]"
else
  set -- --require-hashes --requirement "$checkout/requirements/build.txt" --requirement "$checkout/requirements/run.txt"
  if [ -z "${PACKAGES-}" ]; then
    install "$@"
  elif [ ! -d "$PACKAGES" ] || ! install --no-index --find-links "$PACKAGES" "$@" 2>/dev/null; then
    rm -rf "$PACKAGES"
    "$python" -m pip download --quiet --disable-pip-version-check --dest "$PACKAGES" "$@"
    install --no-index --find-links "$PACKAGES" "$@"
  fi
  install --no-deps --no-build-isolation "$checkout"
fi
