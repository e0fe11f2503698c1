#!/usr/bin/env bash
# A browser for the tests that need one: Debian's Chromium, installed if there is none yet. With --emoji, a font for emoji too:
# the pictures of the documentation show some.
set -euo pipefail

packages=()
if ! command -v "${CHROMIUM:-chromium}" > /dev/null; then
    if [[ -n "${CHROMIUM:-}" ]]; then
        echo "CHROMIUM names $CHROMIUM, which is not a program here" >&2
        exit 1
    fi
    packages+=(chromium)
fi
if [[ "${1:-}" == --emoji ]] && ! fc-list 2> /dev/null | grep --quiet --ignore-case emoji; then
    packages+=(fonts-noto-color-emoji fontconfig)
fi
if [[ ${#packages[@]} -eq 0 ]]; then
    exit 0
fi
if ! command -v apt-get > /dev/null; then
    echo "needed here: ${packages[*]}; install them, or name a browser like Chromium by CHROMIUM" >&2
    exit 1
fi
as_root=()
if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo > /dev/null; then
        echo "needed here: let an administrator run 'apt-get install ${packages[*]}', or name a browser by CHROMIUM" >&2
        exit 1
    fi
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
    "${packages[@]}" > /dev/null
command -v "${CHROMIUM:-chromium}" > /dev/null
