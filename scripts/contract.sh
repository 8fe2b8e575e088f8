#!/usr/bin/env bash
# Holds the API to its OpenAPI document: redocly lints the document, schemathesis tries every operation on a server
# that is started for it with an empty database: scripts/contract.sh path/to/cauce
#
# CONTRACT_EXAMPLES is the number of fuzzed requests an operation (default 50), CONTRACT_SEED makes a run repeatable.
# CONTRACT_SECONDS goes on fuzzing for that long in all.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CAUCE=${1:?name the cauce binary}
readonly TOOLS="${CARGO_TARGET_DIR:-target}/contract"
readonly SCHEMATHESIS=schemathesis==4.32.5
readonly REDOCLY=@redocly/cli@2.77.0
readonly DOCUMENT=openapi/openapi.json
readonly START_SECONDS=60

[ -x "$TOOLS/bin/schemathesis" ] || scripts/venv.sh "$TOOLS" "$SCHEMATHESIS"
if [ ! -x "$TOOLS/node_modules/.bin/redocly" ]; then
    command -v npm >/dev/null || { echo "contract: npm is missing: run 'apt-get install npm'." >&2; exit 1; }
    npm install --silent --no-fund --no-audit --prefix "$TOOLS" "$REDOCLY"
fi

echo "contract: redocly lint $DOCUMENT"
REDOCLY_TELEMETRY=off "$TOOLS/node_modules/.bin/redocly" lint "$DOCUMENT"

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
HOST=127.0.0.1 PORT=$port DATA_DIR=$data/data LIMITS_ENABLED=false LOG_FORMAT=json \
    "$CAUCE" serve >"$data/server.log" 2>&1 &
server=$!
for ((tries = START_SECONDS * 5; ; tries--)); do
    curl --silent --fail --output /dev/null "$url/live" && break
    if [ "$tries" -eq 0 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "contract: the server did not start:" >&2
        tail -n 20 "$data/server.log" >&2
        exit 1
    fi
    sleep 0.2
done

# The password is for this run's database only.
signup='{"tenant_name":"Contract","name":"Contract","email":"contract@example.com","password":"contract-run-only-4711"}'
token=$(curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data "$signup" \
    "$url/api/v1/auth/signup" | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

# A key, because an access token ends after ten minutes, and with the first logout that is tried.
token=$(curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' \
    --header "Authorization: Bearer $token" --data '{"name":"contract","scopes":["*:*"]}' "$url/api/v1/api-keys" \
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')

# A stream has no end to wait for; tests/api/events/stream.rs tries it.
echo "contract: schemathesis on $url"
status=0
SCHEMATHESIS_HOOKS=scripts/contract_hooks.py "$TOOLS/bin/schemathesis" --config-file scripts/schemathesis.toml run "$url/api/v1/openapi.json" \
    --url "$url" \
    --header "Authorization: Bearer $token" \
    --checks all \
    --exclude-operation-id events_stream \
    --max-examples "${CONTRACT_EXAMPLES:-50}" \
    --continue-on-failure \
    --no-color \
    ${CONTRACT_SECONDS:+--max-time "$CONTRACT_SECONDS"} ${CONTRACT_SEED:+--seed "$CONTRACT_SEED"} || status=$?

if grep -qiE '"level":"(error|panic)"|panicked' "$data/server.log"; then
    echo "contract: the server logged errors:" >&2
    grep -iE '"level":"(error|panic)"|panicked' "$data/server.log" | head -n 20 >&2
    [ "$status" -ne 0 ] || status=1
fi
exit "$status"
