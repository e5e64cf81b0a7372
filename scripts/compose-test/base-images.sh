# The images that the product is built from: from a registry, or made here under the same names where none can be
# reached. A stand-in has what the Dockerfile uses of the real one, and trusts the authorities that this machine trusts.

# base_images_ensure FOLDER
base_images_ensure() {
  BASE_FOLDER=$1
  mkdir -p "$BASE_FOLDER"
  if timeout 120 docker pull --quiet debian:bookworm-slim >/dev/null 2>&1; then
    local image
    for image in node:20-bookworm-slim rust:1.95-bookworm postgres:15; do
      docker pull --quiet "$image" >/dev/null
    done
    return
  fi
  [ "$ENGINE" = private ] ||
    die "no registry can be reached, and stand-ins under official names belong into no engine but a private one"
  say "no registry can be reached: making stand-ins for the base images"
  stand_in_debian
  stand_in_node
  stand_in_rust
  stand_in_postgres
}

stand_in_debian() {
  local root=$BASE_FOLDER/debian authorities=/etc/ssl/certs/ca-certificates.crt
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >"$BASE_FOLDER/debootstrap.log" ||
    die "debootstrap failed: $(tail -n 3 "$BASE_FOLDER/debootstrap.log")"
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates" \;
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar --create --directory "$root" . | docker import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change "ENV PIP_CERT=$authorities NODE_EXTRA_CA_CERTS=$authorities CARGO_HTTP_CAINFO=$authorities" \
    --change 'CMD ["bash"]' \
    - debian:bookworm-slim >/dev/null
  rm -rf "$root"
}

stand_in_node() {
  local node npm
  node=$(command -v node) ||
    die "a stand-in for node:20-bookworm-slim is made from Node on this machine, and there is none"
  npm=$(npm root --global)/npm
  case "$(node --version)" in v20.*) ;; *) die "node:20-bookworm-slim needs Node 20, not $(node --version)" ;; esac
  mkdir -p "$BASE_FOLDER/node"
  cp --dereference "$node" "$BASE_FOLDER/node/node"
  cp --recursive --dereference "$npm" "$BASE_FOLDER/node/npm"
  build_stand_in node:20-bookworm-slim "$BASE_FOLDER/node" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && chmod +x /usr/local/bin/npm && npm --version
DOCKERFILE
  rm -rf "$BASE_FOLDER/node"
}

stand_in_rust() {
  local toolchain
  toolchain=$(rustc --print sysroot) ||
    die "a stand-in for rust:1.95-bookworm is made from Rust on this machine, and there is none"
  case "$(rustc --version)" in "rustc 1.95."*) ;; *) die "rust:1.95-bookworm needs Rust 1.95, not $(rustc --version)" ;; esac
  build_stand_in rust:1.95-bookworm "$toolchain" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends g++ gcc libc6-dev make pkg-config
COPY bin /usr/local/rust/bin
COPY lib /usr/local/rust/lib
ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN cargo --version
DOCKERFILE
}

stand_in_postgres() {
  mkdir -p "$BASE_FOLDER/postgres"
  cat >"$BASE_FOLDER/postgres/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/bash
# What the official image does at its first start, and no more.
set -euo pipefail
if [ "$(id -u)" = 0 ]; then
  install --directory --owner postgres --group postgres --mode 0700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-host=scram-sha-256 --auth-local=trust
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait --options="-c listen_addresses=''" start
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --wait stop
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
fi
exec "$@"
ENTRYPOINT
  chmod +x "$BASE_FOLDER/postgres/docker-entrypoint.sh"
  build_stand_in postgres:15 "$BASE_FOLDER/postgres" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-15
COPY docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
DOCKERFILE
}

# build_stand_in NAME CONTEXT, with the Dockerfile on standard input
build_stand_in() {
  cat >"$BASE_FOLDER/Dockerfile"
  DOCKER_BUILDKIT=1 docker build --quiet --tag "$1" --file "$BASE_FOLDER/Dockerfile" "$2" >/dev/null
}
