"""The newest token usage that was not reverted, looked up from the end of a history."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from tests.support.store import META, STREAM, NoViews, renamed, started
from threadhost.adapters.jsonrpc.methods import usage
from threadhost.adapters.jsonrpc.methods.usage import TYPES, newest_unreverted_usage
from threadhost.events.base import Event
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.rows import LogRow
from threadhost.events.turn import TurnStarted, UsageRecorded
from threadhost.events.usage import NO_USAGE

AT_MS = 1_763_798_400_000


class Turn(NamedTuple):
    """A turn with this many responses, and other events behind each."""

    responses: int
    others: int


class Reverted(NamedTuple):
    """This many turns, or all there are, are reverted by a host of either version."""

    turns: int
    says_where: bool


TURNS = st.builds(Turn, st.integers(0, 2), st.integers(0, 3))
BACKS = st.builds(Reverted, st.integers(1, 4), st.sampled_from([True, True, True, False]))


def facts_of(steps: Sequence[Turn | Reverted]) -> list[Event]:
    """The events of a thread with these steps."""
    events: list[Event] = [started()]
    begun: list[tuple[str, int]] = []
    for number, step in enumerate(steps):
        if isinstance(step, Reverted):
            if not begun:
                continue
            turn_id, version = begun[max(0, len(begun) - step.turns)]
            del begun[max(0, len(begun) - step.turns) :]
            where = version if step.says_where else 0
            left = len(begun)
            events.append(ThreadReverted(turn_id=turn_id, from_version=where, turns_left=left))
            continue
        turn_id = f"turn-{number}"
        events.append(TurnStarted(turn_id=turn_id, started_at_ms=AT_MS))
        begun.append((turn_id, len(events)))
        for response in range(step.responses):
            total = NO_USAGE.model_copy(update={"total": 100 * number + response})
            events.append(UsageRecorded(turn_id=turn_id, last=total, total=total))
            events += [renamed()] * step.others
    return events


@tries(100)
@given(steps=st.lists(TURNS | BACKS, max_size=12))
def test_the_token_usage_after_reverts_equals_that_of_the_whole_history(
    steps: Sequence[Turn | Reverted],
) -> None:
    async def compare() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(usage, "AT_ONCE", 3)
            log = Log.in_memory(NoViews())
            events = facts_of(steps)
            await log.append(StreamAppend(STREAM, events), meta=META)
            left = surviving(await log.read_stream(STREAM, types=TYPES))
            used = [fact.event for fact in left if isinstance(fact.event, UsageRecorded)]
            assert await newest_unreverted_usage(log, "a", len(events)) == (
                used[-1] if used else None
            )
            await log.close()

    asyncio.run(compare())


async def test_the_newest_token_usage_is_found_without_reading_the_whole_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log.in_memory(NoViews())
    events = facts_of([*[Turn(1, 1)] * 2_000, Reverted(1_000, says_where=True)])
    await log.append(StreamAppend(STREAM, events), meta=META)
    rows = 0
    real = log.reads.of_stream

    async def counted(*of: Any, **how: Any) -> list[LogRow]:
        nonlocal rows
        read = await real(*of, **how)
        rows += len(read)
        return read

    monkeypatch.setattr(log.reads, "of_stream", counted)
    assert await newest_unreverted_usage(log, "a", len(events)) is not None
    assert rows < 1_000
    await log.close()
