"""Who is above a thread, as far as a test knows."""

from collections.abc import Mapping


def line_of(parents: Mapping[str, str | None], thread_id: str) -> list[str]:
    """A thread and all above it, upwards."""
    line = [thread_id]
    while (parent := parents.get(line[-1])) is not None:
        line.append(parent)
    return line
