#!/usr/bin/env bash
# Run cargo for 64-bit ARM on another machine: tools/arm.sh ARGUMENTS..., for example `tools/arm.sh test --lib`. Programs run under
# QEMU, so the NEON paths are tested where there is no such processor. Where the toolchain has no standard library for the target,
# and rustup cannot add it, Debian's compiler builds it from its sources.
set -euo pipefail
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
root=/usr/aarch64-linux-gnu # where Debian's cross compiler keeps the C library

if ! command -v qemu-aarch64 > /dev/null || ! command -v aarch64-linux-gnu-gcc > /dev/null; then
    tools/debian.sh gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
fi
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L $root"

has_target() {
    test -d "$(rustc --print sysroot)/lib/rustlib/$target/lib"
}

if has_target || { command -v rustup > /dev/null && rustup target add $target && has_target; }; then
    exec cargo "$1" --target $target "${@:2}"
fi

[ -d /usr/lib/rustlib/src/rust/library ] || tools/debian.sh rustc-web cargo-web rust-web-src
# Building the standard library is an unstable feature; RUSTC_BOOTSTRAP lets a stable compiler use it.
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind,test
exec /usr/bin/cargo "$1" --target $target "${@:2}"
