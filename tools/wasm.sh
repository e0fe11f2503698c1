#!/usr/bin/env bash
# Build the core as a WebAssembly module: tools/wasm.sh FOLDER FEATURE, into FOLDER/minitok.wasm, by the profile `web`.
# Needs Rust's standard library for that target. Where it is missing, rustup is asked for it; where that cannot give it, Debian's
# compiler builds it from its sources (the packages rustc-web, cargo-web, rust-web-src and lld).
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1 feature=$2
# What is shipped names no folder of the machine that built it.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$PWD=minitok"
target=wasm32-unknown-unknown
# The module alone: beside a library for Rust, it would not be optimized as a whole.
build=(--profile web --locked --lib --crate-type cdylib --no-default-features --features "$feature" --target $target)

has_target() {
    test -d "$(rustc --print sysroot)/lib/rustlib/$target/lib"
}

if has_target || { command -v rustup > /dev/null && rustup target add $target && has_target; }; then
    cargo rustc "${build[@]}"
else
    if ! [ -d /usr/lib/rustlib/src/rust/library ] || ! command -v wasm-ld > /dev/null; then
        echo "the core as WebAssembly needs the target $target: 'rustup target add $target', or Debian's compiler" >&2
        tools/debian.sh rustc-web cargo-web rust-web-src lld
    fi
    # Building the standard library is an unstable feature; RUSTC_BOOTSTRAP lets a stable compiler use it.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld
    /usr/bin/cargo rustc "${build[@]}" -Zbuild-std=std,panic_abort
fi
mkdir -p "$folder"
cp "${CARGO_TARGET_DIR:-target}/$target/web/minitok.wasm" "$folder"
