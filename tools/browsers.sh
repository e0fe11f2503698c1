#!/usr/bin/env bash
# What the tests run JavaScript with: Debian's Chromium, Node and TypeScript's compiler, each installed if there is none yet. With --all, also
# Firefox and a compiler of Go. With --pictures, what draws the pictures of the documentation: Chromium alone, and a font for emoji.
set -euo pipefail

packages=()
# NAME PACKAGE PROGRAM...: what the variable NAME may name, and the programs that it has.
program() {
    local name=$1 package=$2
    shift 2
    if [[ -n "${!name:-}" ]]; then
        command -v "${!name}" > /dev/null && return
        echo "$name names ${!name}, which is not a program here" >&2
        exit 1
    fi
    command -v "$@" > /dev/null || packages+=("$package")
}
if [[ "${1:-}" != --pictures ]]; then
    # The one without windows takes two thirds of the time.
    program CHROMIUM chromium-headless-shell chromium-headless-shell chromium
    program NODE nodejs node
    program TSC node-typescript tsc
    if [[ "${1:-}" == --all ]]; then
        program FIREFOX firefox-esr firefox-esr firefox
        program GO gccgo go go-14 go-13 go-12
    fi
else
    program CHROMIUM chromium chromium
    fc-list 2> /dev/null | grep --quiet --ignore-case emoji || packages+=(fonts-noto-color-emoji fontconfig)
fi
[[ ${#packages[@]} -eq 0 ]] || "$(dirname "$0")/debian.sh" "${packages[@]}" || {
    echo "or name such programs by CHROMIUM, FIREFOX, NODE, TSC and GO" >&2
    exit 1
}
