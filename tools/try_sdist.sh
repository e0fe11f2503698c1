#!/usr/bin/env bash
# Install the sdist where there are Python and Rust, and nothing of this folder, and use it: tools/try_sdist.sh PYTHON SDIST
set -euo pipefail

python=$(command -v "$1")
sdist=$(realpath "$2")
tools=$(dirname "$(realpath "$0")")
base=$("$python" -c 'import sys; print(sys.base_prefix)')
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

echo "building $(basename "$sdist")"
"$base/bin/python3" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check "$sdist"
venv/bin/python "$tools/try_wheel.py"
echo "works"
