#!/usr/bin/env bash
# Fuzzes the parsers of what strangers send: scripts/fuzz.sh [SECONDS [TARGET...]]
#
# Each target of fuzz/ runs for SECONDS (60), guided by coverage, on the toolchain that is there: RUSTC_BOOTSTRAP lets the
# stable compiler count branches; sanitizers need the nightly one, and there is no unsafe code of ours for them to look at.
# Prints a row for each target; fails when one of them crashed, and keeps what crashed it in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SECONDS_EACH=${1:-60}
shift || true
readonly FUZZ_VERSION=0.13.2
cargo fuzz --version 2>/dev/null | grep -qx "cargo-fuzz $FUZZ_VERSION" || cargo install --locked "cargo-fuzz@$FUZZ_VERSION"

export RUSTC_BOOTSTRAP=1
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
# The parsers run a little slower for it, and the whole crate is built on all cores.
options=(--sanitizer none --codegen-units 16)
cargo fuzz build "${options[@]}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
printf '%-8s %12s %8s %10s %8s\n' target runs seconds coverage crashes
for target in "${targets[@]}"; do
    crashes=0
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run "${options[@]}" "$target" -- -max_total_time="$SECONDS_EACH" -max_len=4096 -timeout=5 \
        -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1 || crashes=1
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)
    spent=$(sed -nE 's/^Done [0-9]+ runs in ([0-9]+) second.*/\1/p' "$log")
    printf '%-8s %12s %8s %10s %8s\n' "$target" "${runs:-?}" "${spent:-?}" "${coverage:-?}" "$crashes"
    if [ "$crashes" -ne 0 ]; then
        failed=1
        grep -vE '^#[0-9]' "$log" | tail -n 30 >&2
    fi
done
exit "$failed"
