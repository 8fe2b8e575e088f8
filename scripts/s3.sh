#!/usr/bin/env bash
# A store that speaks the S3 API on this machine, by PyPI's moto, with a bucket: prints its address, and ends with its standard
# input: scripts/s3.sh BUCKET
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BUCKET=${1:?name the bucket}
readonly TOOLS="${CARGO_TARGET_DIR:-target}/s3"
readonly LIBRARIES=("moto[s3,server]==5.1.18" boto3==1.42.0)

[ -d "$TOOLS/bin" ] || scripts/venv.sh "$TOOLS" "${LIBRARIES[@]}" >&2

exec "$TOOLS/bin/python" -c '
import logging
import sys
import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
address = f"http://{host}:{port}"
keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket=sys.argv[1])
print(address, flush=True)
sys.stdin.read()
server.stop()
' "$BUCKET"
