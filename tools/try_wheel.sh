#!/usr/bin/env bash
# Install a wheel where there is nothing else, least of all Rust, and use it; or the sdist where there are Python and Rust, and nothing
# of this folder.
#   tools/try_wheel.sh PYTHON WHEEL_OR_SDIST
set -euo pipefail

python=$(command -v "$1")
wheel=$(realpath "$2")
tools=$(dirname "$(realpath "$0")")
base=$("$python" -c 'import sys; print(sys.base_prefix)')
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

"$base/bin/python3" -m venv venv
if [[ $wheel = *.tar.gz ]]; then
    echo "building $(basename "$wheel")"
    venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
    venv/bin/python "$tools/try_wheel.py"
    echo "works"
    exit
fi
bare() { env -i HOME="$place" LANG=C.UTF-8 PATH="$place/venv/bin" "$@"; }
if bare /bin/sh -c 'command -v cargo || command -v rustc'; then
    echo "Rust is on the path: this proves nothing" >&2
    exit 1
fi

echo "trying $(basename "$wheel")"
venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
bare python "$tools/try_wheel.py"
if bare minitok --help 2>shown; then
    echo "the command ran without what it needs" >&2
    exit 1
fi
grep -q "pip install 'minitok\[cli\]'" shown
venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel[cli,numpy,reference]"
bare python "$tools/try_wheel.py" --extras
bare minitok --help >shown
grep -q 'learn a vocabulary' shown
bare minitok explain -t tok.json lowest >shown
grep -q lowest shown
test "$(echo 'round trip' | bare minitok encode -t tok.json | bare minitok decode -t tok.json)" = "round trip"
echo "works: $(bare minitok --version)"
