# A Docker engine for the test: the one that answers, or a private one that leaves nothing behind.
# Sets ENGINE to `shared` or `private`.

FIREWALL_TABLES="filter nat mangle raw"

# engine_start FOLDER
engine_start() {
  if docker info >/dev/null 2>&1; then
    ENGINE=shared
    say "using the Docker engine that answers here"
    return
  fi
  install_engine
  if docker info >/dev/null 2>&1; then
    ENGINE=shared
    say "using the Docker engine that the installation started"
    return
  fi
  ENGINE=private
  ENGINE_FOLDER=$1
  mkdir -p "$ENGINE_FOLDER"
  remember_network
  # The command line tool that came with the engine, not another one that may lie before it in the path.
  export PATH="/usr/bin:$PATH" DOCKER_HOST="unix://$ENGINE_FOLDER/docker.sock"
  say "starting a private Docker engine in $ENGINE_FOLDER"
  dockerd --data-root "$ENGINE_FOLDER/data" --exec-root "$ENGINE_FOLDER/exec" \
    --host "$DOCKER_HOST" --pidfile "$ENGINE_FOLDER/pid" >"$ENGINE_FOLDER/log" 2>&1 &
  ENGINE_PID=$!
  until docker info >/dev/null 2>&1; do
    kill -0 "$ENGINE_PID" 2>/dev/null || die "the engine ended: $(tail -n 5 "$ENGINE_FOLDER/log")"
    sleep 0.2
  done
}

# Ends the private engine and takes back what it did to this machine; a shared one stays as it is.
engine_stop() {
  [ "${ENGINE:-}" = private ] || return 0
  if [ -n "${ENGINE_PID:-}" ]; then
    docker ps --all --quiet | xargs --no-run-if-empty docker rm --force >/dev/null
    kill "$ENGINE_PID" 2>/dev/null || true
    wait "$ENGINE_PID" 2>/dev/null || true
  fi
  findmnt --noheadings --raw --output TARGET | grep "^$ENGINE_FOLDER/" | sort --reverse |
    xargs --no-run-if-empty umount --lazy || true
  restore_network
  find /sys/fs/cgroup -depth -type d \( -name docker -o -path '*/docker/*' \) -exec rmdir {} + 2>/dev/null || true
}

install_engine() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "no Docker engine answers, and installing one takes root on a Debian machine"
  fi
  local packages="ca-certificates curl debootstrap docker-compose docker.io iproute2 iptables jq openssl"
  say "installing $packages"
  # shellcheck disable=SC2086 # One word per package.
  apt-get install --yes --no-install-recommends $packages >/dev/null 2>&1 ||
    { apt-get update && apt-get install --yes --no-install-recommends $packages; } >/dev/null
}

remember_network() {
  local table
  for table in $FIREWALL_TABLES; do
    iptables-save --table "$table" >"$ENGINE_FOLDER/iptables.$table" 2>/dev/null || true
    ip6tables-save --table "$table" >"$ENGINE_FOLDER/ip6tables.$table" 2>/dev/null || true
  done
  interfaces >"$ENGINE_FOLDER/interfaces"
  cat /proc/sys/net/ipv4/ip_forward >"$ENGINE_FOLDER/ip_forward"
}

interfaces() {
  find /sys/class/net -mindepth 1 -printf '%f\n'
}

restore_network() {
  local interface table
  for interface in $(interfaces | grep --line-regexp --fixed-strings --invert-match --file "$ENGINE_FOLDER/interfaces"); do
    ip link delete "$interface" 2>/dev/null || true
  done
  for table in $FIREWALL_TABLES; do
    restore_table iptables "$table"
    restore_table ip6tables "$table"
  done
  cat "$ENGINE_FOLDER/ip_forward" >/proc/sys/net/ipv4/ip_forward
}

# restore_table iptables|ip6tables TABLE
restore_table() {
  local before="$ENGINE_FOLDER/$1.$2" chain
  if [ -s "$before" ]; then
    "$1-restore" <"$before"
    return
  fi
  # There was no such table: saving it again says whether there is one now.
  [ -n "$("$1-save" --table "$2" 2>/dev/null)" ] || return 0
  "$1" --table "$2" --flush
  "$1" --table "$2" --delete-chain
  for chain in $("$1-save" --table "$2" | sed -n 's/^:\([A-Z]*\) .*/\1/p'); do
    "$1" --table "$2" --policy "$chain" ACCEPT
  done
}
