"""``train`` and ``train_files``. The backend does the learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .arguments import check_function, check_int, check_string
from .backend import load_backend
from .corpus.characters import SPACE_FIRST, train_characters
from .corpus.counting import CorpusFiles, Counting
from .corpus.counts import PieceCounts, check_special
from .corpus.learning import TIE_BREAKS, Job
from .corpus.progress import start_progress
from .corpus.superwords import BARRED, LINES, MAX_WORDS, train_superwords
from .errors import TrainingError
from .foreign import explains, shown_with
from .reference.pretokenize import DEFAULT_PATTERN
from .reference.published.names import pattern_named
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Unpack

    from .backend import BackendName, Emit, Vocab
    from .corpus.learning import Alphabet, ByteOrder, Prefix, TieBreak, TrainingOptions
    from .corpus.progress import Progress

__all__ = ["TIE_BREAKS", "train", "train_files"]


@explains
def train(
    texts: Iterable[str | bytes] | PieceCounts | CorpusFiles,
    vocab_size: int,
    *,
    pattern: str | None = None,
    special_tokens: Sequence[str] = (),
    tie_break: TieBreak = "smallest_ids",
    byte_order: ByteOrder = "identity",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    superwords: int = 0,
    superword_pattern: str | None = None,
    max_words: int | None = MAX_WORDS,
    barred: Sequence[str | bytes] = BARRED,
    alphabet: Alphabet = "bytes",
    prefix: Prefix = "first",
    backend: BackendName | None = None,
    threads: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """Trains a tokenizer on texts.

    The result depends only on the texts and the options, not on threads, chunks or the backend.

    Args:
        texts: Any iterable of ``str`` or ``bytes``; each is one document, and no merge crosses from one to the next. It
            is read once and never held in memory as a whole. Or ``PieceCounts``, from ``count_pieces`` or
            ``count_pieces_in_files``: then only the merges are learnt, with the same result to the last id. Counts come with
            their pattern and special tokens. They are not changed and can be trained on again.
        vocab_size: The number of ids: 256 bytes, the merges, and the special tokens.
        pattern: How text is cut before merging: ``gpt2``, ``cl100k``, ``o200k``, a family of models (``llama3``, ``qwen2``,
            ``qwen3.5``, ``tekken``, ``kimi``, ``deepseek3``, ``starcoder``) or ``none``; the name of an encoding or of a model
            of OpenAI, for its pattern; or a regular expression. (Write ``(?:text)`` for one that matches only its own text.)
            By default ``o200k``; for an alphabet of characters, a space and what follows it.
        special_tokens: Names, which are cut out of the texts before counting. Their ids come after the last merge.
        tie_break: Which of the pairs with the highest count is merged: ``smallest_ids`` (as in Hugging Face and
            rustbpe), ``first_seen`` (as in minbpe) or ``greatest_bytes`` (as in CS336).
        byte_order: Ids 0 to 255 in the order of bytes (``identity``) or of GPT-2's files (``gpt2``).
        min_frequency: Pairs that occur less often are not merged; training stops when no other pair is left.
        max_token_length: Tokens longer than this, in bytes, are not made.
        superwords: How many of the last ids may be *superwords*, tokens of several words (SuperBPE; SPEC T13). Training then
            has a second stage, which reads the texts again: so they must be a list, say, and not an iterator or counts.
        superword_pattern: How text is cut in the second stage, and by the tokenizer; no superword crosses a cut. By default
            into lines, and numbers of up to three digits.
        max_words: How many words a superword may have; None for any number.
        barred: Strings that no superword may contain.
        alphabet: What merging begins with: ``bytes``, or ``characters``: each character of the texts is then a token, and
            counts for ``vocab_size``; any other is encoded as its bytes (SPEC T11).
        prefix: With ``characters``, where a space is put before text (SPEC S4): ``first``, ``always`` or ``never``, as in
            Hugging Face's ``Metaspace``, ``text`` as in SentencePiece, ``segment`` as in ``Prepend``.
        backend: ``rust`` or ``python``.
        threads: How many to use at most; by default one per processor.
        max_memory: How many bytes counting may use, at least 16 MiB; what does not fit goes to a temporary folder.
            Merging still needs the distinct pieces in memory, at about 10 bytes for each of their bytes. The Python
            backend ignores this limit.
        progress: True for a progress bar, or a function that is called with a ``Progress``.
        trace: A function that is called with each merge as data; see ``minitok.reference.more.trace``. Slow.
        name: A name for the tokenizer.

    Returns:
        The tokenizer. Its ``report`` says, among other things, why training stopped: ``vocab_size`` was reached, or no
        pair reached ``min_frequency``.

    Raises:
        TrainingError: The options cannot be met.
        PatternError: The pattern is malformed, or means different things to the two backends.
        TypeError: A text is neither str nor bytes; the message says which. Or an option is given that counts decide; or texts
            for superwords can be read only once.

    Costs O(n) time to count n bytes, and memory for the distinct pieces only; docs/algorithms.md has the costs of merging.

    >>> tok = train(["low lower lowest"], vocab_size=259)
    >>> tok.merges
    [(108, 111), (256, 119), (32, 257)]
    >>> tok = train(["ab ab 中"], vocab_size=263, alphabet="characters")
    >>> [tok.token_bytes(token_id).decode() for token_id in range(256, 263)]
    ['a', 'b', ' ', '中', 'ab', ' ab', ' 中']
    >>> phrases = train(["by the way, by the way"] * 2, vocab_size=270, superwords=5)
    >>> phrases.tokenize("by the way")
    [b'by the way']
    >>> from minitok import count_pieces
    >>> counts = count_pieces(["low lower"]).merge(count_pieces(["lowest"]))
    >>> train(counts, 259) == train(["low lower", "lowest"], 259)
    True
    """
    if isinstance(texts, Mapping):
        raise TypeError(
            f"texts must be an iterable of str or bytes, or PieceCounts, not {type(texts).__name__}; texts by language are for "
            "minitok.parity.train_parity"
        )
    check_string(name, "name")
    if trace is not None:
        check_function(trace, "trace")
    check_superwords(superwords, superword_pattern, texts, alphabet)
    if isinstance(texts, PieceCounts):
        check_decided(pattern=pattern, special_tokens=special_tokens, alphabet=alphabet)
        special_tokens = texts.special_tokens
    job = Job(vocab_size, check_special(special_tokens), tie_break, byte_order, min_frequency, max_token_length)
    check_alphabet(alphabet, byte_order)
    default = SPACE_FIRST if alphabet == "characters" else DEFAULT_PATTERN
    chosen = default if pattern is None else pattern_named(pattern)

    def count(pattern: str, corpus: Any = texts, vocab: Vocab | None = None) -> PieceCounts:
        special = () if alphabet == "characters" else job.special
        with Counting(pattern, special, backend, threads, max_memory, vocab) as counting, job.watch.phase("counting"):
            counting.add(corpus, show)
            return counting.counts()

    with start_progress(progress) as show:
        if isinstance(texts, PieceCounts):
            counts = texts if backend is None else texts.with_backend(load_backend(backend).name)
            definition = job.train(counts, show, trace, name, keep=True)
        elif alphabet == "characters":
            definition = train_characters(texts, count, job, chosen, prefix, show, trace, name)
        elif superwords:
            patterns = chosen, LINES if superword_pattern is None else pattern_named(superword_pattern)
            definition = train_superwords(count, patterns, superwords, job, show, trace, name, max_words, barred)
        else:
            definition = job.train(count(chosen), show, trace, name)
    return Tokenizer(definition)


def check_decided(**decided: object) -> None:
    """Refuses options that counts decide."""
    for option, value in decided.items():
        if value not in (None, (), "bytes"):
            raise TypeError(f"counts already define a pattern and special tokens, over bytes: omit {option}")


def check_superwords(superwords: int, superword_pattern: str | None, texts: object, alphabet: str = "bytes") -> None:
    """Whether there can be superwords, if they are asked for."""
    if not check_int(superwords, "superwords"):
        if superword_pattern is not None:
            raise TrainingError("superword_pattern needs superwords=, the number of superwords")
        return
    if isinstance(texts, (PieceCounts, Iterator)):
        raise TypeError("superwords read the texts twice: pass a list, or use train_files")
    if alphabet != "bytes":
        raise TrainingError("superwords are trained on bytes only, not on characters")


def check_alphabet(alphabet: str, byte_order: str) -> None:
    """Whether there is such an alphabet, and the other options go with it."""
    if alphabet not in ("bytes", "characters"):
        raise TrainingError(f"unknown alphabet {alphabet!r}; it can be bytes or characters")
    if alphabet == "characters" and byte_order != "identity":
        raise TrainingError(
            "byte_order is for an alphabet of bytes; with characters, the ids 0 to 255 are the bytes in order"
        )


@explains
@shown_with(train)
def train_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    vocab_size: int,
    *,
    separator: str | bytes | None = None,
    field: str = "text",
    **options: Unpack[TrainingOptions],
) -> Tokenizer:
    """Trains a tokenizer on files, in memory that does not grow with them.

    Args:
        paths: Files, or glob patterns (``corpus/*.txt``), in this order; the files of a pattern are sorted. In
            ``.jsonl`` files, the ``field`` of each line is a document; in ``.parquet`` and ``.arrow`` files, that of each
            row (needs ``minitok[parquet]``). Any other file is text, one document. Text and JSON lines may be compressed, as
            ``.gz`` or ``.zst`` (needs ``minitok[zstd]``).
        vocab_size: As for ``train``.
        separator: Cuts a text file into documents and belongs to none of them.
        field: The field of a JSON line, or the column of a Parquet file, that holds the text.
        options: As for ``train``, which describes each. For superwords, the files are read twice.

    Raises:
        FileNotFoundError: A file does not exist, or a pattern matches none.
        FileFormatError: A line is not JSON or lacks the field, or compressed data is damaged. The message says where.
        TrainingError: As for ``train``, like its other errors.

    Costs those of ``train``.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("low lower lowest")
    >>> train_files(path, vocab_size=259).tokenize("lowest")
    [b'low', b'e', b's', b't']
    """
    return train(CorpusFiles(paths, separator, field), vocab_size, **options)
