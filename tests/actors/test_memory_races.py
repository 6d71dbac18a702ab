"""Threads are noted, go on, are forbidden and deleted all at once: what is forgotten stays so."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, Rig, eventually, message, open_rig
from tests.support.memory import (
    AT_ONCE,
    Scribe,
    finished_thread,
    forget,
    log_of,
    memory_of,
    remembering,
)
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.events.ids import memory_stream

THREADS = 8
SEEDS = range(12)


class Busy(Scribe):
    """Repeats what it was given, each time after some other steps of the loop."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def stream(self, request: ModelRequest) -> AsyncIterator[object]:  # type: ignore[override]
        if not request.settings.instructions:
            return super().stream(request)
        return self._slowly(request)

    async def _slowly(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        for _ in range(self._chance.randrange(40)):
            await asyncio.sleep(0)
        for event in message(request.history[0].decode()):
            yield event
        yield ResponseDone("r", None)


def word(number: int) -> str:
    """What only this thread says."""
    return f"canary-{number}-"


async def forgotten(rig: Rig, thread_id: str, chance: random.Random) -> None:
    """Delete a thread or forbid to remember it, at some moment."""
    for _ in range(chance.randrange(120)):
        await asyncio.sleep(0)
    if chance.random() < 0.6:
        await rig.host.trees.delete(thread_id, ORIGIN)
    else:
        await forget(rig, thread_id)


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", SEEDS)
async def test_no_text_of_a_forgotten_thread_is_left_after_concurrent_work(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    async with open_rig(tmp_path, Busy(chance)) as rig:
        ids = [await finished_thread(rig, word(number)) for number in range(THREADS)]
        gone = set(chance.sample(range(THREADS), THREADS // 2))
        kept = {thread_id for number, thread_id in enumerate(ids) if number not in gone}
        async with remembering(rig, AT_ONCE._replace(jobs_max=3)):
            await asyncio.gather(*(forgotten(rig, ids[number], chance) for number in gone))
            await settled(rig, kept)
            memory = await memory_of(rig)
            assert set(memory.summary.thread_ids) == kept
            texts = [await log_of(rig).text(text_id) or "" for text_id in memory.text_ids]
            assert not [n for n in gone if any(word(n) in text for text in texts)]
            assert await readable_texts(rig) == {memory_stream(one) for one in memory.text_ids}


async def settled(rig: Rig, kept: set[str]) -> None:
    """Wait until the text is made of what is left, and no key is left over."""
    done = asyncio.Event()

    async def look() -> None:
        memory = await memory_of(rig)
        while set(memory.notes) != kept or memory.is_stale or memory.dropped:
            await asyncio.sleep(0.002)
            memory = await memory_of(rig)
        done.set()

    looking = asyncio.create_task(look())
    await eventually(done.is_set)
    await looking


async def readable_texts(rig: Rig) -> set[str]:
    """The streams whose text can still be read."""
    facts = await rig.logs.durable.read(0, 100_000)
    return {fact.stream for fact in facts if hasattr(fact.event, "is_cut")}
