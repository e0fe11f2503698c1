"""Show a completion while it is generated: ids become text one by one, and half a character is never shown.

    python examples/stream_completion.py [PROMPT]

The model is the smallest there is: a table of which token followed which in Shakespeare. Put yours into `generate`.
"""

import sys
from collections.abc import Iterator

import minitok
from minitok.data import tiny_shakespeare
from minitok.explain.bigram import Bigram


def generate(model: Bigram, prompt: list[int], length: int) -> Iterator[int]:
    """The ids that follow a prompt, one by one."""
    for step in model.complete(prompt, length, seed=0):
        yield step.chosen


def main() -> None:
    """Print the prompt, and each bit of text as soon as it is certain."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "ROMEO:"
    text = tiny_shakespeare()
    tokenizer = minitok.train([text], vocab_size=1024)
    model = Bigram(tokenizer.encode_to_numpy(text), tokenizer.vocab_size)

    stream = tokenizer.stream_decoder()
    print(prompt, end="", flush=True)
    for token_id in generate(model, tokenizer.encode(prompt), 60):
        print(stream.push(token_id), end="", flush=True)
    print(stream.finish())  # what was still held back, if the last character is not complete


if __name__ == "__main__":
    main()
