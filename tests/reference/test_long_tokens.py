"""Long tokens are split with a heap, short ones by searching: both find the same parts, on every small table of ranks."""

from itertools import permutations, product

from minitok.reference.published import ranks
from minitok.reference.published.characters import characters

WORDS = [bytes(letters) for length in (2, 3, 4) for letters in product(b"ab", repeat=length)]
TOKENS = [bytes(letters) for length in range(2, 8) for letters in product(b"ab", repeat=length)]
# Three tokens with the ranks 2, 3 and 4 beside `a` and `b`; every seventh of such tables.
TABLES = [{b"a": 0, b"b": 1, **dict(zip(names, range(2, 5)))} for names in list(permutations(WORDS, 3))[::67]]


def naive(token, table, below):
    """Merges the pair of lowest rank, leftmost on ties, as the rule says; the token itself is not looked up."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while True:
        joined = [(table.get(left + right, below), at) for at, (left, right) in enumerate(zip(parts, parts[1:]))]
        joined = [(rank, at) for rank, at in joined if rank < below and parts[at] + parts[at + 1] != token]
        if not joined:
            return parts
        at = min(joined)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def test_a_heap_and_a_search_find_the_same_parts():
    for number, table in enumerate(TABLES):
        for token in TOKENS[number % 5 :: 5]:
            for below in (3, 4, 5):
                expected = naive(token, table, below)
                first = [token[at : at + 1] for at in range(len(token))]
                assert ranks.split_long(token, first, table, below) == expected
                if table.get(token, below) >= below:
                    assert ranks.split_by_ranks(token, table, below) == expected


def test_a_heap_begins_with_characters_of_several_bytes():
    table = {"é€".encode(): 0, "€é".encode(): 1, "éé".encode(): 2}
    for text in map("".join, product("é€a", repeat=4)):
        token = text.encode()
        parts = ranks.split_long(token, characters(token), table, 3)
        assert b"".join(parts) == token
        together = [part.decode() for part in parts]
        assert all(len(part) == 1 or part.encode() in table for part in together)
        assert not any((left + right).encode() in table for left, right in zip(together, together[1:]))


def test_merges_are_the_same_from_where_on_a_token_is_long(monkeypatch):
    pieces = [(letter, at, 0.0) for at, letter in enumerate([b"a", b"b"])]
    ids = {letter: at for letter, at, _ in pieces}
    for table in TABLES:
        made = [(token, rank, -float(rank)) for token, rank in table.items() if len(token) > 1]
        names = ids | {token: rank for token, rank, _ in made}
        found = []
        for long in (1, 2, 3, 256):
            monkeypatch.setattr(ranks, "LONG", long)
            found.append((ranks.recover_merges(table), ranks.merges_from_scores([*pieces, *made], names)))
        assert found == [found[-1]] * 4
        for merge in (found[0][0] or []) + found[0][1]:
            bytes_of = {at: token for token, at in names.items()}
            assert bytes_of[merge.left] + bytes_of[merge.right] == bytes_of[merge.id]


def test_every_split_is_every_cut_into_two_tokens():
    for table in TABLES:
        expected = [
            (table[token[:cut]], table[token[cut:]], rank, rank)
            for token, rank in table.items()
            for cut in range(1, len(token))
            if token[:cut] in table and token[cut:] in table
        ]
        assert [tuple(merge) for merge in ranks.every_split(table)] == expected
    # Parts of a length of their own.
    assert [tuple(merge) for merge in ranks.every_split({b"a": 0, b"bc": 1, b"abc": 2})] == [(0, 1, 2, 2)]
    assert ranks.every_split({b"": 0, b"a": 1, b"b": 2}) == []
