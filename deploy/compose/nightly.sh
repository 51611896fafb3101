#!/bin/sh
# A load test each night. Its verdict is in the log, its run in the history, which is a volume.
#
#   NIGHTLY_AT=02:00   when, in UTC; `now` is once, at once, and ends with the test's own code
#   SCRIPT             what is run, against BASE_URL
set -u
NIGHTLY_AT="${NIGHTLY_AT:-02:00}"

run() {
  loadline run -e "BASE_URL=$BASE_URL" "$SCRIPT"
}

if [ "$NIGHTLY_AT" = now ]; then
  run
  exit $?
fi
while :; do
  now=$(date -u +%s)
  at=$(date -u -d "$NIGHTLY_AT" +%s) || exit 2
  [ "$at" -gt "$now" ] || at=$((at + 86400))
  echo "the next load test begins at $(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)"
  # In the background, so that a signal ends the wait.
  sleep $((at - now)) &
  wait $!
  run
  code=$?
  echo "it ended with $code"
  # Stopped by a signal: so is the night.
  [ "$code" -ne 105 ] || exit 105
done
