"""How heavy lists of servers are: many small values weigh more than a text."""

from threadhost.adapters.mcp.weight import VALUE_WEIGHT, weight_of

ENOUGH = 10**9


def test_texts_weigh_their_length_and_each_value_something() -> None:
    assert weight_of({"ab": ["xyz", 1, None]}, ENOUGH) == 5 * VALUE_WEIGHT + 5


def test_no_more_is_counted_than_is_enough() -> None:
    assert weight_of([[0] * 10] * 1_000_000, 1000) < 1000 + 2 * VALUE_WEIGHT
