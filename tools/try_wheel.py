"""Uses an installed minitok, as somebody does who has nothing but the wheel: python try_wheel.py [--extras].

--extras: those that the command, arrays and the Python backend need are there, too.
"""

import sys
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import minitok

said = [str(warning.message) for warning in caught if "minitok" in str(warning.message)]
assert minitok.BACKEND == "rust", minitok.backend.BACKEND_REASON
assert not said, said

has_extras = sys.argv[1:] == ["--extras"]
texts = ["low lower lowest", "naïve 東京 🦀"]
tok = minitok.train(texts, vocab_size=280, special_tokens=["<|end|>"])
for text in texts:
    ids = tok.encode(text)
    assert tok.decode(ids) == text
    assert tok.tokenize(text) == [tok.decode_bytes([token_id]) for token_id in ids]
    assert tok.encode_with_offsets(text)[0] == list(tok.session(text).ids()) == ids
    if has_extras:
        assert tok.encode_to_numpy(text).tolist() == ids == tok.replace(backend="python").encode(text)
if has_extras:
    assert tok == minitok.train(texts, vocab_size=280, special_tokens=["<|end|>"], backend="python")
else:
    said = ""
    try:
        tok.encode_to_numpy(texts[0])
    except minitok.errors.MissingExtraError as error:
        said = str(error)
    assert "pip install 'minitok[numpy]'" in said
tok.save("tok.json")
assert minitok.load("tok.json") == tok
for name in minitok.list_encoding_names():
    encoding = minitok.get_encoding(name)
    assert encoding.decode(encoding.encode(texts[1])) == texts[1] or name == "clip"
assert minitok.get_encoding("clip").encode("A cat") == [320, 2368]
