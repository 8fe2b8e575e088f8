#!/usr/bin/env bash
# Has the libraries that Standard Webhooks publishes for Python and JavaScript verify requests that our server signed, and
# refuse them once a byte is changed: scripts/signatures.sh FILE
#
# FILE has one JSON object a line: secret, id, timestamp, signature, body.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly FILE=$(realpath "${1:?name the file of requests}")
readonly TOOLS="${CARGO_TARGET_DIR:-target}/signatures"
readonly PYTHON_LIBRARY=standardwebhooks==1.1.0
readonly NPM_LIBRARY=standardwebhooks@1.0.0

[ -d "$TOOLS/bin" ] || scripts/venv.sh "$TOOLS" "$PYTHON_LIBRARY" >&2
if [ ! -d "$TOOLS/node_modules/standardwebhooks" ]; then
    command -v npm >/dev/null || { echo "signatures: npm is missing: run 'apt-get install npm'." >&2; exit 1; }
    npm install --silent --no-fund --no-audit --prefix "$TOOLS" "$NPM_LIBRARY" >&2
fi

"$TOOLS/bin/python" - "$FILE" <<'PYTHON'
import json
import sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

count = 0
for line in open(sys.argv[1], encoding="utf-8"):
    request = json.loads(line)
    headers = {f"webhook-{name}": request[name] for name in ("id", "timestamp", "signature")}
    webhook = Webhook(request["secret"])
    webhook.verify(request["body"], headers)
    try:
        webhook.verify(request["body"].replace("{", "{ ", 1), headers)
        sys.exit(f"a changed body was verified: {request['id']}")
    except WebhookVerificationError:
        count += 1
print(f"{count} verified by PyPI standardwebhooks")
PYTHON

cd "$TOOLS"
node - "$FILE" <<'JAVASCRIPT'
const fs = require("fs");
const { Webhook } = require(process.cwd() + "/node_modules/standardwebhooks");

let count = 0;
for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
    const request = JSON.parse(line);
    const headers = Object.fromEntries(["id", "timestamp", "signature"].map((name) => [`webhook-${name}`, request[name]]));
    const webhook = new Webhook(request.secret);
    webhook.verify(request.body, headers);
    let refused = false;
    try { webhook.verify(request.body.replace("{", "{ "), headers); } catch { refused = true; }
    if (!refused) { console.error(`a changed body was verified: ${request.id}`); process.exit(1); }
    count += 1;
}
console.log(`${count} verified by npm standardwebhooks`);
JAVASCRIPT
