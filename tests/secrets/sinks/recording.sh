#!/bin/sh
# Stands in for a program that a recipe runs: writes down how it was called, what it read and what it inherited, each call in a
# folder of its own below $FAKE_LOG, and answers as $FAKE_ANSWERS says: the beginning of a call, a tab, and what it prints,
# or FAIL. Of jq and tr, the real one answers, which is found in $FAKE_REAL.
call="${0##*/} $*"
number=1
until mkdir "$FAKE_LOG/$number" 2>/dev/null; do number=$((number + 1)); done
printf '%s' "$call" >"$FAKE_LOG/$number/call"
env >"$FAKE_LOG/$number/environ"
cat >"$FAKE_LOG/$number/input"
case ${0##*/} in
jq | tr) PATH=$FAKE_REAL exec "${0##*/}" "$@" <"$FAKE_LOG/$number/input" ;;
esac
while IFS='	' read -r beginning answer; do
  case $call in
  "$beginning"*)
    if [ "$answer" = FAIL ]; then exit 1; fi
    printf '%s\n' "$answer"
    exit 0 ;;
  esac
done <"$FAKE_ANSWERS"
exit 0
