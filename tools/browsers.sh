#!/usr/bin/env bash
# The browsers for the tests that need one: Debian's Chromium and Firefox, each installed if there is none yet. With --pictures, what
# draws the pictures of the documentation: Chromium alone, and a font for emoji, which some of them show.
set -euo pipefail

packages=()
# NAME PACKAGE PROGRAM...: a browser that the variable NAME may name, and the programs that it has.
browser() {
    local name=$1 package=$2
    shift 2
    if [[ -n "${!name:-}" ]]; then
        command -v "${!name}" > /dev/null && return
        echo "$name names ${!name}, which is not a program here" >&2
        exit 1
    fi
    command -v "$@" > /dev/null || packages+=("$package")
}
browser CHROMIUM chromium chromium
if [[ "${1:-}" != --pictures ]]; then
    browser FIREFOX firefox-esr firefox-esr firefox
elif ! fc-list 2> /dev/null | grep --quiet --ignore-case emoji; then
    packages+=(fonts-noto-color-emoji fontconfig)
fi
if [[ ${#packages[@]} -eq 0 ]]; then
    exit 0
fi
if ! command -v apt-get > /dev/null; then
    echo "needed here: ${packages[*]}; install them, or name browsers like these by CHROMIUM and FIREFOX" >&2
    exit 1
fi
as_root=()
if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo > /dev/null; then
        echo "needed here: let an administrator run 'apt-get install ${packages[*]}', or name browsers by CHROMIUM and FIREFOX" >&2
        exit 1
    fi
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
    "${packages[@]}" > /dev/null
