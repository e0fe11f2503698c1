"""What is joined, opened, checked or resumed knows what it is: the right ids, or an error that names the file (``matrix``)."""

import pytest
from matrix import DAMAGE, FAULTS, FORMATS, OPERATIONS, PIECES, Pieces, beside, documents, is_subset, row, verdict
from minitok import open_packed


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    return Pieces(tmp_path_factory.mktemp("pieces"))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", FORMATS)
def test_right_ids_or_an_error_that_names_the_file(pieces, kind, operation, fault):
    found = row(pieces, kind, operation, fault)
    is_right = (operation, fault) == ("check", "other order") or is_subset(kind, operation, fault)
    if operation == "resume" or fault == "none" or is_right:
        assert found == {"ids"}
    elif fault in PIECES:
        assert "ids" not in found
    else:
        assert fault in DAMAGE


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "shards"])
def test_every_byte_that_is_damaged_is_found_or_changes_nothing(pieces, kind, tmp_path):
    path = pieces.given(kind, "none", tmp_path)[1]
    expected = documents(open_packed(path))
    found = set()
    for file in beside(path):
        content = file.read_bytes()
        for at in range(len(content)):
            file.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
            found.add(verdict(lambda: documents(open_packed(path)), expected, tmp_path))
        file.write_bytes(content)
    assert len(found - {"ids"}) > 3
