"""Training on characters, with byte fallback: vocabularies as those of Llama 2, Mistral or Gemma.

The text is prepared as for encoding, with spaces for its markers and a space before it; its pieces are counted; their
characters are the first tokens, besides the 256 bytes; and this vocabulary is extended, as any other would be. The merges are
those of Hugging Face's ``BpeTrainer`` over the same words.

By hand, with the rule ``always`` and the text ``ab ab``: the pieces `` ab`` and `` ab``, the characters ``a``, ``b`` and the
space, in the order of their code points, where a space counts as its marker. Then (a, b) merges, and (space, ab).

Costs: those of training; the distinct pieces are read once in Python.

Implements SPEC T11, for both backends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..definition import Definition
from ..errors import TrainingError
from ..reference.published.metaspace import MARKER, Metaspace
from ..reference.text import utf8
from .counting import checked

if TYPE_CHECKING:
    from ..backend import Emit
    from .counts import PieceCounts
    from .learning import Job
    from .progress import Show

# A piece is a space and what follows it, as Hugging Face's Metaspace cuts.
SPACE_FIRST = r"\x20[^\x20]*|[^\x20]+"


def train_characters(
    texts: Iterable[str | bytes],
    count: Callable[..., PieceCounts],
    job: Job,
    pattern: str,
    prefix: str,
    show: Show,
    trace: Emit | None,
    name: str | None,
) -> Definition:
    """Learns a vocabulary of characters with byte fallback. ``count`` gives the counts of the pieces of segments."""
    corpus = PreparedTexts(texts, job.special, Metaspace(prefix))
    counts = count(pattern, corpus)
    backend = counts.backend
    # The counter has counted segments.
    counts.documents, counts.bytes = corpus.documents, corpus.bytes
    characters = alphabet_of(counts)
    tokens = {char.encode(): 256 + index for index, char in enumerate(characters)}
    first = 256 + len(tokens)
    job.n_merges = job.vocab_size - first - len(job.special)
    if job.n_merges < 0:
        raise TrainingError(
            f"vocab_size {job.vocab_size} is not enough for 256 bytes, {len(tokens)} characters and "
            f"{len(job.special)} special tokens"
        )
    fallback = range(256)
    base = Definition.from_tokens(tokens, [], fallback=fallback, backend=backend)
    merges, trained = job.learn(counts, show, trace, (base.vocab, first), keep=False)
    made = dict(zip(tokens.values(), tokens, strict=True))
    for index, (left, right) in enumerate(merges):
        made[first + index] = made[left] + made[right]
    after = first + len(merges)
    return Definition.from_tokens(
        {token: token_id for token_id, token in made.items()},
        merges,
        fallback=fallback,
        backend=backend,
        pattern=pattern,
        prefix=prefix,
        special_tokens={token: after + index for index, token in enumerate(job.special)},
        name=name,
        trained={**trained, "alphabet": "characters"},
    )


class PreparedTexts:
    """The segments of the texts between special tokens, as they are cut into pieces.

    ``documents`` and ``bytes`` are how many texts have been read, and their own bytes.
    """

    def __init__(self, texts: Iterable[str | bytes], special: Sequence[str], rule: Metaspace) -> None:
        self.texts, self.special, self.rule = texts, list(special), rule
        self.documents = self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        finder = load_backend("python").special_tokens({name: number for number, name in enumerate(self.special)})
        for number, text in enumerate(checked(self.texts)):
            data = utf8(text)
            try:
                data.decode()
            except UnicodeDecodeError as error:
                raise TrainingError(
                    f"text {number} is not UTF-8 at byte {error.start}, so it has no characters to train on"
                ) from None
            self.documents += 1
            self.bytes += len(data)
            done = 0
            for start, end, *_ in [*finder.find(data, self.special), (len(data), len(data))]:
                yield self.rule.prepare(data[done:start], done == 0)
                done = end


def alphabet_of(counts: PieceCounts) -> list[str]:
    """The characters of the pieces, in the order of their code points; the space stands where its marker would."""
    found = set().union(*(piece.decode() for piece in counts.to_dict()))
    return sorted(found, key=lambda char: MARKER.decode() if char == " " else char)
