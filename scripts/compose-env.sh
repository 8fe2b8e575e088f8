#!/usr/bin/env bash
# Writes .env with random secrets for docker-compose.yml, once: an existing .env is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -e .env ]; then
    echo ".env is there already and stays as it is."
    exit 0
fi

# Letters and digits only, since three of them stand in URLs.
secret() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

umask 077
cat >.env <<END
POSTGRES_PASSWORD=$(secret)
CAUCE_APP_PASSWORD=$(secret)
NATS_TOKEN=$(secret)
JWT_SECRET=$(secret)
# The port on this machine, and the address that people use (behind a proxy, the proxy's).
CAUCE_PORT=8080
PUBLIC_URL=
END
echo ".env is written: keep it, the passwords are nowhere else."
