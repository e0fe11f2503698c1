#!/usr/bin/env bash
# A browser for the tests that need one: Debian's Chromium, installed where there is none yet.
set -euo pipefail

if command -v "${CHROMIUM:-chromium}" > /dev/null; then
    exit 0
fi
if [[ -n "${CHROMIUM:-}" ]]; then
    echo "CHROMIUM names $CHROMIUM, which is no program here" >&2
    exit 1
fi
if ! command -v apt-get > /dev/null; then
    echo "the tests need a browser: install Chromium, or name its program by CHROMIUM" >&2
    exit 1
fi
as_root=()
if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo > /dev/null; then
        echo "the tests need a browser: let an administrator run 'apt-get install chromium', or name one by CHROMIUM" >&2
        exit 1
    fi
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends chromium > /dev/null
command -v chromium > /dev/null
