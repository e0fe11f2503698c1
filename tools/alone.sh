#!/usr/bin/env bash
# Runs a command where there is no network but the machine's own loopback: what it starts can reach nothing else, and is killed
# when it ends. Needs Linux, and root or user namespaces.
set -euo pipefail
map=()
[ "$(id -u)" = 0 ] || map=(--map-root-user)
# shellcheck disable=SC2016 # the inner shell is to expand it
exec unshare "${map[@]}" --net --uts --pid --mount-proc --fork --kill-child bash -euc 'hostname localhost; ip link set lo up; exec "$@"' alone "$@"
