"""What every type of event declares, and what none says."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from tests.support import any_events as _any_events  # noqa: F401  (every type is declared)
from threadhost.events.base import KINDS, Event


def names_in(described: object) -> Iterator[str]:
    """The names of all members that a JSON Schema describes, also of records inside others."""
    if isinstance(described, dict):
        yield from described.get("properties", ())
        for value in described.values():
            yield from names_in(value)
    elif isinstance(described, list):
        for value in described:
            yield from names_in(value)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_body_says_where_in_a_log_something_is(kind: str) -> None:
    """A stream is as true in another log, at other positions."""
    assert not [name for name in names_in(KINDS[kind].model_json_schema()) if "position" in name]


def test_a_position_inside_a_part_of_an_event_is_found() -> None:
    class Part(BaseModel):
        """A part that names a place of one log."""

        seen_position: int

    class Placed(Event):
        """An event that holds such parts."""

        parts: list[Part]

    assert "seen_position" in set(names_in(Placed.model_json_schema()))
