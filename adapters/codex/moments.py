"""Times as codex writes them, in milliseconds: none before 1970 or after the year 9999."""

from datetime import UTC, datetime, timedelta

MILLISECONDS = 1000
LAST_MS = 253_402_300_799_999
"""The end of the year 9999, UTC."""


def moment(value: object) -> int | None:
    """A time in the form of RFC 3339, in milliseconds since the epoch; None for what is none."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return within((when - EPOCH) // MILLISECOND)


def of_seconds(value: object) -> int | None:
    """A time in whole seconds, likewise."""
    return within(value * MILLISECONDS) if type(value) is int else None


def of_milliseconds(value: object) -> int | None:
    """A time in milliseconds, likewise."""
    return within(value) if type(value) is int else None


def within(at_ms: int) -> int:
    """The time, or the nearest that can be shown."""
    return min(max(at_ms, 0), LAST_MS)


EPOCH = datetime.fromtimestamp(0, UTC)
MILLISECOND = timedelta(milliseconds=1)
