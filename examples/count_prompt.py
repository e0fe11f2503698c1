"""Count the tokens of a prompt for several models, and say what it costs.

    python examples/count_prompt.py [FILE]

Without a file, the prompt is a sentence. The prices are made up: put in those of your provider, per million tokens.
"""

import sys
from pathlib import Path

import minitok

PROMPT = "Summarise the attached report in three sentences, for a reader who knows nothing about tokenizers."
PRICES = {"gpt-4o": 2.50, "gpt-4": 30.00}  # by model, in dollars for a million tokens


def main() -> None:
    """Print a line for each model."""
    prompt = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else PROMPT
    for model, price in PRICES.items():
        tokenizer = minitok.encoding_for_model(model)  # the encoding comes with the package
        tokens = tokenizer.count(prompt)
        print(f"{model}: {tokens:,} tokens ({tokenizer.definition.name}), ${tokens * price / 1_000_000:.6f}")


if __name__ == "__main__":
    main()
