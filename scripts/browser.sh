#!/usr/bin/env bash
# Answers a form in headless Chromium, from a page of another origin: scripts/browser.sh path/to/cauce
#
# A server is started for it with an empty database. scripts/browser.py says what is looked at.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CAUCE=${1:?name the cauce binary}
readonly START_SECONDS=60

for program in chromium chromedriver; do
    command -v "$program" >/dev/null || { echo "browser: $program is missing: run 'scripts/setup.sh browser'." >&2; exit 1; }
done

data=$(mktemp -d)
# The database's account must be able to enter, when we are root.
chmod 755 "$data"
server=
# shellcheck disable=SC2317  # called by the trap
finish() {
    if [ -n "$server" ] && kill "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$data"
}
trap finish EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
HOST=127.0.0.1 PORT=$port DATA_DIR=$data/data NATS_SERVERS=none LOG_FORMAT=json "$CAUCE" serve >"$data/server.log" 2>&1 &
server=$!
for ((tries = START_SECONDS * 5; ; tries--)); do
    curl --silent --fail --output /dev/null "$url/live" && break
    if [ "$tries" -eq 0 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "browser: the server did not start:" >&2
        tail -n 20 "$data/server.log" >&2
        exit 1
    fi
    sleep 0.2
done

python3 scripts/browser.py "$url" "$data/profile"
