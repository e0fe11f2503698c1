#!/usr/bin/env bash
# Change the program in small ways, one at a time, and see whether a test notices: tools/mutants.sh [FILE...]
# FILE is a file of python/minitok/chat (chat/turns.py) or of the reference (train.py), or a file or folder of rust/ (reference/train.rs,
# fast/scan); without any, those that differ from the branch main. mutmut tries Python with the tests named by TESTS, cargo-mutants the
# core with the crate's own.
# Survivors are listed at the end. Each is a missing test, or changes nothing that can be seen.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

mapfile -t files < <(printf '%s\n' "$@" | grep . || git diff --name-only main -- python/minitok/{chat,reference} rust/reference rust/fast)
paths=() modules=() core=()
for file in "${files[@]}"; do
    case $file in
        *.py)
            path=$(find python/minitok/{chat,reference} -path "*/${file#python/minitok/}")
            paths+=("${path/#python/src}")
            if [[ $path = */chat/* ]]; then
                : "${TESTS:=$(ls tests/chat/test_[!t]*.py)}"
            fi
            modules+=("$(sed 's|^python/||; s|\.py$|.*|; s|/|.|g' <<< "$path")")
            ;;
        *.rs) core+=(--file "rust/**/${file#rust/}") ;;
        *) core+=(--file "rust/${file#rust/}/**") ;;
    esac
done

if [[ ${#modules[@]} -gt 0 ]]; then
    # Those that try the reference, quickly.
    : "${TESTS:=$(ls -d tests/reference/test_[!ms]*.py tests/{api/test_{arguments,decoding,encoding,training},backend/test_{kinds,normalizing},corpus/test_{counts,pruning,train_characters},explain/test_explanation,formats/test_{characters,splits,symbols}}.py)}"
    # mutmut takes the sources from a folder of this name, and puts what it makes of them beside it.
    place=target/mutants-python
    rm -rf "$place"
    mkdir -p "$place"
    for name in tests rust; do ln -s "$root/$name" "$place/$name"; done
    ln -s "$root/python" "$place/src"
    # One setting a line; those of a list each on a line.
    {
        printf '[mutmut]\nsource_paths=src\nalso_copy=rust/formats\nonly_mutate=\n'
        printf '  %s\n' "${paths[@]}"
        printf 'pytest_add_cli_args=\n'
        printf '  %s\n' -p no:cacheprovider -p no:xdist --hypothesis-seed=0
        printf 'pytest_add_cli_args_test_selection=\n'
        # shellcheck disable=SC2086 # names of files
        printf '  %s\n' $TESTS -k 'not [rust] and not rust- and not -rust and not endless and not 65 and not costs_as_much'
    } > "$place/setup.cfg"
    (cd "$place" && "$root/.venv/bin/mutmut" run "${modules[@]}" && "$root/.venv/bin/mutmut" results)
fi
if [[ ${#core[@]} -gt 0 ]]; then
    [[ -x .venv/bin/cargo-mutants ]] || cargo install --debug --locked --root .venv cargo-mutants@27.1.0
    # Random inputs are fewer, and nothing prints backtraces, so that a mutant takes less time. Status 2 says that some survive.
    CARGO_PROFILE_DEV_DEBUG=0 PROPTEST_CASES=40 PATH="$root/.venv/bin:$PATH" \
        cargo mutants --gitignore true --output target --cap-lints true "${core[@]}" -- --locked --features internals --lib --tests || [[ $? = [23] ]]
fi
