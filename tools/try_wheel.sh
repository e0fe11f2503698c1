#!/usr/bin/env bash
# Install a wheel where there is nothing else, least of all Rust, and use it.
#   tools/try_wheel.sh PYTHON WHEEL
set -euo pipefail

python=$(command -v "$1")
wheel=$(realpath "$2")
base=$("$python" -c 'import sys; print(sys.base_prefix)')
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

"$base/bin/python3" -m venv venv
bare() { env -i HOME="$place" LANG=C.UTF-8 PATH="$place/venv/bin:/usr/bin:/bin" "$@"; }
if bare sh -c 'command -v cargo || command -v rustc'; then
    echo "Rust is on the path: this proves nothing" >&2
    exit 1
fi

echo "trying $(basename "$wheel")"
venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
bare python - <<'PYTHON'
import minitok

assert minitok.BACKEND == "rust", minitok.BACKEND
texts = ["low lower lowest", "naïve 東京 🦀"]
tok = minitok.train(texts, vocab_size=280, special_tokens=["<|end|>"])
assert tok == minitok.train(texts, vocab_size=280, special_tokens=["<|end|>"], backend="python")
for text in texts:
    ids = tok.encode(text)
    assert tok.encode_to_numpy(text).tolist() == ids == tok.with_backend("python").encode(text)
    assert tok.decode(ids) == text
tok.save("tok.json")
assert minitok.load("tok.json") == tok
for name in minitok.list_encodings():
    assert minitok.get_encoding(name).decode(minitok.get_encoding(name).encode(texts[1])) == texts[1]
assert minitok.encodings.ClipTokenizer(fix_text=False).encode("a cat") == [320, 2368]
PYTHON
# Without the extra, the command says what it needs.
if bare minitok --help 2>message; then
    echo "the command ran without its extra" >&2
    exit 1
fi
grep -q 'minitok\[cli\]' message

venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel[cli]"
bare minitok demo >shown
grep -q 'gives every byte back' shown
test "$(echo 'round trip' | bare minitok encode -t tok.json | bare minitok decode -t tok.json)" = "round trip"
echo "works: $(bare minitok --version)"
