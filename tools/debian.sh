#!/usr/bin/env bash
# Install Debian's packages: tools/debian.sh PACKAGE... On other systems, say what is missing.
set -euo pipefail

if ! command -v apt-get > /dev/null; then
    echo "this needs what Debian packages as: $*" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null; then
        echo "an administrator has to run: apt-get install $*" >&2
        exit 1
    fi
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "$@" > /dev/null
