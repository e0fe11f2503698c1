#!/usr/bin/env bash
# Fuzz minitok: tools/fuzz.sh SECONDS [TARGET...], each target for that long, as many at a time as there are processors.
# Inputs that found something new are kept in target/fuzz/corpus/, a failing one in target/fuzz/failures/:
# `MINITOK_FUZZ=TARGET target/fuzz/minitok-fuzz FILE` runs it again. An input may take two minutes by the clock, since other
# programs may want the processors, too.
# tools/fuzz.sh --lint looks at the targets only.
# libFuzzer comes with a crate, and its counters from flags that stable compilers have, so no nightly toolchain is needed. Every input is
# also run under AddressSanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
if [ "$1" = --lint ]; then
    # Nothing is linked, so libFuzzer need not be compiled: the folder of another one is named, which need not be there.
    CUSTOM_LIBFUZZER_PATH=$PWD/target/libfuzzer.a RUSTFLAGS="--cfg fuzzing" exec cargo clippy \
        --manifest-path fuzz/Cargo.toml --target "$host" --target-dir target -- -D warnings
fi
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
# The sanitizer comes with the stable toolchain, but its flag has to be allowed.
flags+=" -Zsanitizer=address"
export RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=detect_leaks=0
export RUSTFLAGS=$flags
crate=(--release --manifest-path fuzz/Cargo.toml --target "$host" --target-dir target/fuzz)
# The lock file of that crate follows a new dependency of the library by itself.

seconds=$1
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(encoding formats characters counting training readers patterns streams sessions)

cargo build "${crate[@]}"
cp "target/fuzz/$host/release/minitok-fuzz" target/fuzz/minitok-fuzz

fuzz() {
    local target=$1 corpus=target/fuzz/corpus/$1 log=target/fuzz/$1.log
    mkdir -p "$corpus" target/fuzz/failures
    MINITOK_FUZZ=$target target/fuzz/minitok-fuzz -max_total_time="$seconds" -timeout=120 -rss_limit_mb=2048 -max_len=1024 \
        -print_final_stats=1 -artifact_prefix="target/fuzz/failures/$target-" "$corpus" 2> "$log" \
        || { tail -n 40 "$log" >&2; return 1; }
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs," \
        "$(sed -n 's/^stat::new_units_added: *//p' "$log") new inputs"
}
export -f fuzz
export seconds

echo "fuzzing ${targets[*]} for $seconds s each"
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
