#!/usr/bin/env bash
# Checks the alert rules of deploy/prometheus: their form, what they fire on, and that the server has what they look at.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v promtool >/dev/null; then
    echo "alerts: installing promtool, which Debian's package prometheus has"
    if [ "$(id -u)" -eq 0 ]; then as_root=(); else as_root=(sudo); fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends prometheus
fi

promtool check config deploy/prometheus/prometheus.yml
promtool test rules deploy/prometheus/cauce.rules.test.yml

# A rule on a metric that nobody writes would never fire.
missing=0
for metric in $(grep -oE '\b[a-z]+(_[a-z]+)+(\{|\[| >| ==)' deploy/prometheus/cauce.rules.yml | grep -oE '[a-z_]+' | sort -u); do
    written=${metric%_bucket}
    if ! grep -rqF "$written" src --include='*.rs'; then
        echo "alerts: the server writes no metric $metric" >&2
        missing=1
    fi
done
exit "$missing"
