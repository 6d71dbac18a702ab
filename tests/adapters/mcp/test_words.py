"""What servers say when something fails: without secrets, and short enough."""

from threadhost.adapters.mcp.words import (
    LINE_CHARS_MAX,
    TEXT_CHARS_MAX,
    line_of,
    secrets_in,
    text_of,
)

SECRETS = secrets_in("Bearer 0123456789", "short")


def test_a_secret_is_not_said_nor_the_token_of_a_header() -> None:
    assert text_of("a Bearer 0123456789 b 0123456789 c", SECRETS) == "a [hidden] b [hidden] c"


def test_what_is_too_short_to_be_a_secret_is_said() -> None:
    assert text_of("a short bearer", SECRETS) == "a short bearer"


def test_a_reason_is_one_line() -> None:
    assert line_of("first\n  second\tthird\n", ()) == "first second third"


def test_words_that_are_too_many_are_cut_and_say_so() -> None:
    assert text_of("x" * TEXT_CHARS_MAX, ()) == "x" * TEXT_CHARS_MAX
    cut = text_of("x" * (TEXT_CHARS_MAX + 1), ())
    assert (len(cut), cut[-6:]) == (TEXT_CHARS_MAX, " [...]")
    assert len(line_of("x" * 1_000_000, ())) == LINE_CHARS_MAX
