"""The weight of lists of servers: many small values weigh more than one text."""

from threadhost.adapters.mcp.weight import VALUE_WEIGHT, weight_of

ENOUGH = 10**9


def test_a_text_weighs_its_length_and_each_value_has_a_fixed_weight() -> None:
    assert weight_of({"ab": ["xyz", 1, None]}, ENOUGH) == 5 * VALUE_WEIGHT + 5


def test_the_weight_of_values_is_counted_only_up_to_the_limit() -> None:
    assert weight_of([[0] * 10] * 1_000_000, 1000) < 1000 + 2 * VALUE_WEIGHT
