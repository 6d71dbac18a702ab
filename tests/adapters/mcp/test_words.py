"""Error texts of servers: without secrets, and short enough."""

from threadhost.adapters.mcp.words import (
    LINE_CHARS_MAX,
    TEXT_CHARS_MAX,
    line_of,
    secrets_in,
    text_of,
)

SECRETS = secrets_in("Bearer 0123456789", "short")


def test_secrets_and_bearer_tokens_are_hidden_in_the_words_of_a_server() -> None:
    assert text_of("a Bearer 0123456789 b 0123456789 c", SECRETS) == "a [hidden] b [hidden] c"


def test_values_too_short_to_be_secrets_are_not_hidden() -> None:
    assert text_of("a short bearer", SECRETS) == "a short bearer"


def test_a_reason_is_one_line() -> None:
    assert line_of("first\n  second\tthird\n", ()) == "first second third"


def test_long_words_of_a_server_are_cut_and_marked_as_cut() -> None:
    assert text_of("x" * TEXT_CHARS_MAX, ()) == "x" * TEXT_CHARS_MAX
    cut = text_of("x" * (TEXT_CHARS_MAX + 1), ())
    assert (len(cut), cut[-6:]) == (TEXT_CHARS_MAX, " [...]")
    assert len(line_of("x" * 1_000_000, ())) == LINE_CHARS_MAX
