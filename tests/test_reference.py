"""The generated reference pages are the ones that the code gives."""

import pytest

from tests.support import reference


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    """`make docs` writes it anew."""
    assert (reference.FOLDER / name).read_text() == reference.pages()[name]


def test_every_described_thing_has_a_description() -> None:
    """An empty last cell is a missing docstring."""
    rows = [row for page in reference.pages().values() for row in page.splitlines()]
    assert not [row for row in rows if row.startswith("| `") and row.endswith("|  |")]
