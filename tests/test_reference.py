"""The generated reference pages are the ones that the code gives."""

import pytest

from tests.support import reference


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_reference_page_is_the_generated_one(name: str) -> None:
    """`make docs` writes it anew."""
    assert (reference.FOLDER / name).read_text() == reference.page(name)


def test_every_described_thing_has_a_description() -> None:
    """An empty last cell is a missing docstring."""
    rows = [row for name in reference.PAGES for row in reference.page(name).splitlines()]
    assert not [row for row in rows if row.startswith("| `") and row.endswith("|  |")]
