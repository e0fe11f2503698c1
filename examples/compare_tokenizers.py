"""Compare a model's tokenizer.json with a published encoding: how many tokens does each need for the same texts?

    python examples/compare_tokenizers.py FILE [ENCODING]

FILE is the tokenizer.json of a byte-level BPE model, such as Llama 3, Qwen or DeepSeek; it may also be in any other format
that minitok reads.
"""

import sys

import minitok
from minitok.data import human_rights

LANGUAGES = ("English", "German", "Russian", "Hindi", "Chinese")


def main() -> None:
    """Print a line for each language."""
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: compare_tokenizers.py FILE [ENCODING]")
    theirs = minitok.load(sys.argv[1])
    published = minitok.get_encoding(sys.argv[2] if len(sys.argv) > 2 else "o200k_base")
    print(f"{'':12}{'the file':>12}{published.definition.name:>12}")
    declaration = human_rights()
    for language in LANGUAGES:
        text = "\n".join(declaration[language])
        print(f"{language:12}{theirs.count(text):12,}{published.count(text):12,}")


if __name__ == "__main__":
    main()
