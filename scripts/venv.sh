#!/usr/bin/env bash
# Installs Python packages into a virtual environment, which it makes if need be: scripts/venv.sh DIRECTORY PACKAGE...
set -euo pipefail

directory=$1
shift

find_python() {
    local python
    # The distribution's first; a pyenv's may move away.
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            echo "$python"
            return 0
        fi
    done
    echo "venv: no Python 3 with venv is on this machine: run 'apt-get install python3-venv'." >&2
    return 1
}

if ! "$directory/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    "$python" -m venv --clear "$directory"
fi
exec "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --retries 2 --timeout 20 "$@"
