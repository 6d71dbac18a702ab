"""The page of the architecture is the one that the code, and a running host, give."""

from tests.support import architecture


def test_the_diagram_of_the_architecture_page_is_the_generated_one() -> None:
    """`make docs` writes it anew."""
    assert architecture.PAGE.read_text() == architecture.page()
