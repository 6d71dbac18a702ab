"""The page of the architecture is the one that the code, and a running host, give."""

from tests.support import architecture


def test_the_picture_of_the_architecture_shows_the_way_that_a_request_takes() -> None:
    """`make docs` writes it anew."""
    assert architecture.PAGE.read_text() == architecture.page()
