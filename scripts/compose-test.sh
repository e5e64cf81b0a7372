#!/usr/bin/env bash
# Proves the containers: builds the images, starts docker-compose.yml with two workers, audits a small dataset through
# the published port, and takes everything down again.
#
# Uses the Docker engine that answers. Where there is none, it installs one (as root on a Debian machine; the packages
# stay), runs it in a temporary folder and removes what it did to the network. Where no registry can be reached, it
# makes the base images with debootstrap and from the Rust and Node of this machine. From nothing it takes some
# 15 minutes on two cores and 12 GB of disk.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "compose-test: $*" >&2; }
die() {
  say "FAILED: $*"
  exit 1
}

. scripts/compose-test/engine.sh
. scripts/compose-test/base-images.sh
. scripts/compose-test/audit.sh

PORT=18080
WORK=$(mktemp --directory "${TMPDIR:-/var/tmp}/unearth-compose-test.XXXXXX")
export COMPOSE_PROJECT_NAME=unearth-compose-test COMPOSE_DOCKER_CLI_BUILD=1 DOCKER_BUILDKIT=1
export UNEARTH_PORT=$PORT
unset POSTGRES_PASSWORD UNEARTH_TOKEN

clean_up() {
  local outcome=$?
  trap - EXIT
  set +e
  if [ -n "${COMPOSE_UP:-}" ]; then
    [ "$outcome" = 0 ] || compose logs --no-color --tail 40 >&2
    compose down --volumes --remove-orphans --timeout 10 >/dev/null 2>&1
  fi
  engine_stop
  rm -rf --one-file-system "$WORK"
  exit "$outcome"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose --env-file "$WORK/env" "$@"
  else
    docker-compose --env-file "$WORK/env" "$@"
  fi
}

wait_until_healthy() {
  local deadline=$((SECONDS + 120)) state
  until state=$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps --quiet "$1")") && [ "$state" = healthy ]; do
    [ "$SECONDS" -lt "$deadline" ] || die "$1 is $state after two minutes"
    sleep 0.5
  done
}

# wait_for_workers COUNT
wait_for_workers() {
  local deadline=$((SECONDS + 60)) count
  until count=$(curl --silent "http://127.0.0.1:$PORT/readyz" | jq '.workers | length') && [ "$count" = "$1" ]; do
    [ "$SECONDS" -lt "$deadline" ] || die "/readyz tells of $count workers instead of $1"
    sleep 0.5
  done
}

engine_start "$WORK/engine"
for tool in curl jq openssl perl; do
  command -v "$tool" >/dev/null || die "$tool is not installed"
done
base_images_ensure "$WORK/base"

(umask 077 && for name in POSTGRES_PASSWORD UNEARTH_TOKEN; do echo "$name=$(openssl rand -hex 32)"; done >"$WORK/env")
compose config --quiet
compose --profile gpu config --quiet

say "building the images"
compose build api >"$WORK/build.log" 2>&1 || die "$(tail -n 40 "$WORK/build.log")"
say "unearth:cpu has $(docker image inspect --format '{{.Size}}' unearth:cpu | numfmt --to=si)B"

say "starting it with two workers"
COMPOSE_UP=yes
compose up --detach --no-build --scale worker=2 >/dev/null 2>&1 || die "it does not start"
wait_until_healthy postgres
wait_until_healthy api
wait_for_workers 2
for service in api worker; do
  [ "$(compose exec -T "$service" id --user)" = 10001 ] || die "$service runs as another user than 10001"
done

token=$(sed -n 's/^UNEARTH_TOKEN=//p' "$WORK/env")
audit_end_to_end "http://127.0.0.1:$PORT" "$token" "$WORK/audit"

say "replacing every container but not the volumes"
compose up --detach --no-build --force-recreate --scale worker=2 >/dev/null 2>&1 || die "it does not start again"
wait_until_healthy api
api "$RANKING" | cmp - "$WORK/audit/ranking.csv" || die "the ranking is another one after a restart"

say "ok, after $SECONDS s"
