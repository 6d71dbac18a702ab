"""Golden lines: one event of each type ever released, as it was written then."""

import json
from collections.abc import Iterator
from pathlib import Path

from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import Event
from threadhost.events.store.codec import decode

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
EVENTS = GOLDEN / "events"


def golden_lines() -> Iterator[tuple[str, bytes]]:
    """(type, body) of each line, file by file."""
    for path in sorted(EVENTS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found = json.loads(line)
            yield found["type"], json.dumps(found["body"]).encode()


def golden_types() -> dict[str, set[str]]:
    """The types that have a line, by the release whose file it is in."""
    files = sorted(EVENTS.glob("*.jsonl"))
    return {
        path.stem: {json.loads(line)["type"] for line in path.read_text().splitlines()}
        for path in files
    }


def golden_events() -> dict[str, Event]:
    """An event of each type, by the type's name as of today."""
    decoded = (decode(0, kind, body) for kind, body in golden_lines())
    return {event.kind: event for event in decoded}
