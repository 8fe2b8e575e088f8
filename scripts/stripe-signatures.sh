#!/usr/bin/env bash
# Has Stripe's own libraries for JavaScript and Python sign events as Stripe does, and prints them, one JSON object a line with
# library, secret, header and body: scripts/stripe-signatures.sh
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TOOLS="${CARGO_TARGET_DIR:-target}/stripe-signatures"
readonly PYTHON_LIBRARY=stripe==16.1.0
readonly NPM_LIBRARY=stripe@23.1.0

[ -d "$TOOLS/bin" ] || scripts/venv.sh "$TOOLS" "$PYTHON_LIBRARY" >&2
if [ ! -d "$TOOLS/node_modules/stripe" ]; then
    command -v npm >/dev/null || { echo "stripe-signatures: npm is missing: run 'apt-get install npm'." >&2; exit 1; }
    npm install --silent --no-fund --no-audit --prefix "$TOOLS" "$NPM_LIBRARY" >&2
fi

"$TOOLS/bin/python" - <<'PYTHON'
import hashlib
import hmac
import json
import time
import stripe

for number in range(50):
    secret, at = f"whsec_python{number}", int(time.time())
    body = json.dumps({"id": f"evt_{number}", "object": "event", "name": "Ñandú €", "data": {"object": {}}}, indent=number % 3)
    # Its own function signs, and its own constructor must take it.
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{body}", secret)
    header = f"t={at},v1={signature}"
    stripe.Webhook.construct_event(body, header, secret)
    print(json.dumps({"library": "PyPI stripe", "secret": secret, "header": header, "body": body}))
PYTHON

cd "$TOOLS"
node - <<'JAVASCRIPT'
const Stripe = require(process.cwd() + "/node_modules/stripe");
const stripe = new (Stripe.default || Stripe)("sk_test_x");
for (let number = 0; number < 50; number += 1) {
    const secret = `whsec_node${number}`;
    const body = JSON.stringify({ id: `evt_${number}`, object: "event", name: "Ñandú €", data: { object: {} } }, null, number % 3);
    const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret });
    stripe.webhooks.constructEvent(body, header, secret);
    console.log(JSON.stringify({ library: "npm stripe", secret, header, body }));
}
JAVASCRIPT
