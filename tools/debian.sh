#!/usr/bin/env bash
# Install Debian's packages: tools/debian.sh PACKAGE... On other systems, say what is missing.
set -euo pipefail

if ! command -v apt-get > /dev/null; then
    echo "this needs what Debian packages as: $*" >&2
    exit 1
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "$@" > /dev/null
