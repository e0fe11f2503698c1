#!/usr/bin/env bash
# Install the wheel of each Python where there is nothing else, and use it; then the abi3 wheel on each that can take it.
#   tools/try_wheels.sh FOLDER PYTHON...   of a folder with all wheels
#   tools/try_wheels.sh WHEEL PYTHON...    the one wheel on each
# PYTHON is a version as uv names it (3.13, 3.14t), or a program. uv fetches what is not installed.
set -euo pipefail

from=$(realpath "$1")
shift
tools=$(dirname "$(realpath "$0")")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

for version in "$@"; do
    uv venv --quiet --clear --python "$version" venv
    python=venv/bin/python
    [ -d venv/bin ] || python=venv/Scripts/python
    wheels=("$from")
    if [ -d "$from" ]; then
        plain=${version%t}
        wheels=("$from"/*-cp"${plain/./}"-cp"${version/./}"-*.whl)
        [[ $version = *t ]] || wheels+=("$from"/*-abi3-*.whl)
    fi
    for wheel in "${wheels[@]}"; do
        uv pip install --quiet --python "$python" --no-index --reinstall "$wheel"
        test "$(uv pip list --quiet --python "$python" --format freeze | tr -d '\r')" = "minitok==$(basename "$wheel" | cut -d - -f 2)"
        "$python" "$tools/try_wheel.py"
        echo "works on $version: $(basename "$wheel")"
    done
done
