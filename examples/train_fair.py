"""Train a tokenizer that is fair to several languages, and compare it with one that is trained on all texts together.

    python examples/train_fair.py [-n 2000]

The texts are the Universal Declaration of Human Rights in seven languages, with ten times as much English as of any other. Its
articles say the same in each language, so they show what each one pays.
"""

import argparse

import minitok
from minitok.data import human_rights
from minitok.parity import train_parity

LANGUAGES = ["English", "German", "Greek", "Russian", "Arabic", "Hindi", "Thai"]


def main() -> None:
    """Train twice, and print how many ids the last ten articles need in each language."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", "--vocab-size", default=2000, type=int)
    size = parser.parse_args().vocab_size

    articles = {language: human_rights()[language] for language in LANGUAGES}
    texts = {language: articles[language][:20] * (10 if language == "English" else 1) for language in LANGUAGES}
    dev = {language: articles[language][:20] for language in LANGUAGES}
    plain = minitok.train([text for each in texts.values() for text in each], size, pattern="o200k")
    fair = train_parity(texts, size, dev=dev, pattern="o200k")

    print(f"{'':10}{'plain':>8}{'fair':>8}{'merges':>8}")
    for language in LANGUAGES:
        counts = [sum(tok.count_batch(articles[language][20:])) for tok in (plain, fair)]
        print(f"{language:10}{counts[0]:8,}{counts[1]:8,}{fair.definition.trained['languages'][language]:8,}")


if __name__ == "__main__":
    main()
