"""Records that are quickly copied are copied as all others are."""

from typing import NamedTuple

import pytest

from threadhost.events.quick_replace import quick_replace


@quick_replace
class Record(NamedTuple):
    """Two fields and one more."""

    first: int = 1
    second: str = "x"
    third: tuple[int, ...] = ()


def test_what_is_named_is_changed_and_nothing_else_and_the_old_one_stays() -> None:
    record = Record(second="y")
    changed = record._replace(third=(2,), first=5)
    assert changed == Record(5, "y", (2,))
    assert type(changed) is Record
    assert record == Record(1, "y")
    assert record._replace() == record


def test_a_field_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"unexpected field names: \['fourth'\]"):
        Record()._replace(first=2, fourth=3)  # type: ignore[call-arg]
