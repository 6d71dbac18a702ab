"""Times of codex in milliseconds, limited to 1970 up to the year 9999."""

from datetime import UTC, datetime, timedelta

MILLISECONDS = 1000
LAST_MS = 253_402_300_799_999
"""The end of the year 9999, UTC."""


def moment(value: object) -> int | None:
    """A time in the form of RFC 3339, in milliseconds since the epoch; None for other values."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return within((when - EPOCH) // MILLISECOND)


def of_seconds(value: object) -> int | None:
    """The same, from a time in whole seconds."""
    return within(value * MILLISECONDS) if type(value) is int else None


def of_milliseconds(value: object) -> int | None:
    """The same, from a time in milliseconds."""
    return within(value) if type(value) is int else None


def within(at_ms: int) -> int:
    """The time, or the nearest one within the limits."""
    return min(max(at_ms, 0), LAST_MS)


EPOCH = datetime.fromtimestamp(0, UTC)
MILLISECOND = timedelta(milliseconds=1)
