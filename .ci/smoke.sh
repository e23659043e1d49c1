#!/usr/bin/env bash
# The README's first command on its own: builds, starts, answers, stops. Exit status 75 says that
# somebody else has its addresses, so nothing could be learned.
set -u

root=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
web=127.0.0.1:8080
admin=127.0.0.1:9901
output=$root/build/smoke.log

fail() {
  printf 'smoke: %s\n' "$*" >&2
  tail -n 20 "$output" >&2
  exit 1
}

for address in $web $admin; do
  if (exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null; then
    printf 'smoke: skipped, somebody else listens on %s\n' "$address"
    exit 75
  fi
done

mkdir -p "$root/build"
sh "$root/deploy/run" </dev/null >"$output" 2>&1 &
pid=$!
trap 'kill -KILL "$pid" 2>/dev/null' EXIT

# Most of this is the build.
until curl -sf -o /dev/null "http://$admin/readyz" 2>/dev/null; do
  kill -0 "$pid" 2>/dev/null || fail "deploy/run ended before it answered"
  [ $SECONDS -lt 1500 ] || fail "deploy/run did not answer in time"
  sleep 0.2
done

status=$(curl -s -o /dev/null -w '%{http_code}' "http://$web/")
[ "$status" = 200 ] || fail "http://$web/ answered with status $status"
curl -sf "http://$admin/metrics" | grep -q '^tidegate_' || fail "no metrics on $admin"

kill -TERM "$pid"
wait "$pid"
status=$?
trap - EXIT
[ $status -eq 0 ] || fail "exit status $status after SIGTERM"
printf 'smoke: deploy/run answers on %s and %s and stops with status 0\n' $web $admin
