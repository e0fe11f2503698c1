#!/usr/bin/env bash
# Run tests in a Python that is linked with minitok's extension and AddressSanitizer: tools/sanitize_python.sh PYTHON TEST...
# PYTHON has the libraries to test with. Leaks are not looked for: Python keeps what it makes once.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$1
host=$(rustc -vV | sed -n 's/^host: //p')
PYO3_PYTHON=$(realpath --no-symlinks "$python") RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on -Clink-arg=-rdynamic" \
    cargo build --locked --features python --example embedded_python --target "$host" --target-dir target/sanitize

eval "$("$python" - <<'PYTHON'
import os, shlex, site, sys, sysconfig

paths = [os.path.abspath("python"), *site.getsitepackages()]
libraries = [sysconfig.get_config_var("LIBDIR") or "", os.environ.get("LD_LIBRARY_PATH", "")]
print("export PYTHONHOME=" + shlex.quote(sys.base_prefix))
print("export PYTHONPATH=" + shlex.quote(os.pathsep.join(paths)))
print("export LD_LIBRARY_PATH=" + shlex.quote(os.pathsep.join(filter(None, libraries))))
PYTHON
)"
program=target/sanitize/$host/debug/examples/embedded_python
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
"$program" -c 'import minitok, minitok._rust; assert "built-in" in repr(minitok._rust), minitok._rust'
exec "$program" -m pytest -p no:xdist -p no:cacheprovider --override-ini=addopts= -q "${@:2}"
