"""What a log says of goals, read without the rules: who was charged for what, and how often."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.store import database_of, now
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.store.log import Log


def faults(home: Path) -> list[str]:
    """Everything that is wrong with the charges, the turns and the view of the goals of a home."""
    with closing(Log.open_read_only(home)) as log:
        rows = database_of(log).rows("SELECT thread_id, status, tokens_used FROM thread_goals")
        found: list[str] = []
        for thread_id, status, tokens in rows:
            facts: list[Any] = list(now(log.read_stream(f"thread-{thread_id}")))
            last = [f.event for f in facts if hasattr(f.event, "tokens_used")][-1]
            if (last.status, last.tokens_used) != (status, tokens):
                found.append(f"the view says {status}, {tokens}; the log {last}")
            found += [*_charges(facts, tokens), *_turns(facts)]
        return found


def _charges(facts: list[Any], tokens: int) -> Iterator[str]:
    """Each response of a turn that counts is charged once, and nothing else is."""
    charged: Counter[int] = Counter()
    due: dict[int, int] = {}
    asked, counts, status, total = 0, False, "", 0
    for fact in facts:
        event = fact.event
        if fact.kind == "goal.set.v1":
            status = event.status
            counts = counts and status == "active"
        elif fact.kind == "turn.started.v1":
            counts = status == "active"
        elif fact.kind == "turn.model_requested.v1":
            asked = fact.version
        elif fact.kind == "turn.usage_recorded.v1" and counts:
            due[asked] = event.last.input - event.last.cached_input + event.last.output
        elif fact.kind == "goal.charged.v1":
            charged[event.request_version] += 1
            total += event.tokens
            if due.get(event.request_version) != event.tokens:
                yield f"{event.tokens} charged for {event.request_version}, due were {due}"
            if event.tokens_used != total:
                yield f"{event.tokens_used} used after {total} were charged"
    yield from (f"request {one} is charged {n} times" for one, n in charged.items() if n > 1)
    yield from (f"request {one} is not charged" for one in due.keys() - charged.keys())
    if total != tokens:
        yield f"{total} were charged, the goal shows {tokens}"


def _turns(facts: list[Any]) -> Iterator[str]:
    """Turns begin and end one after the other, and each is told to the model once."""
    running, told = "", Counter[str]()
    for fact in facts:
        if fact.kind == "turn.started.v1":
            if running:
                yield f"{fact.event.turn_id} began while {running} ran"
            running = fact.event.turn_id
        elif fact.kind == "turn.completed.v1":
            running = ""
        elif fact.kind == "goal.context_given.v1":
            told[fact.event.turn_id] += 1
    yield from (f"{turn} was told {n} times of its goal" for turn, n in told.items() if n > 1)
