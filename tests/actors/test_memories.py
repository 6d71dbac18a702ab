"""Notes are made of threads that are over, one text of all of them, and both can be forgotten."""

import asyncio
from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, Rig, message, open_rig, within
from tests.support.memory import AT_ONCE, Scribe, memory_of, remembering
from threadhost.actors.memory import SetMemoryMode
from threadhost.events.ids import memory_stream, thread_stream
from threadhost.events.memory import (
    Consolidated,
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    NoteTaken,
)
from threadhost.events.turn import TurnCompleted


async def over(rig: Rig, text: str = "hello", **how: object) -> str:
    """A thread with a turn that is over."""
    thread_id = await rig.start(**how)  # type: ignore[arg-type]
    await rig.turn(thread_id, text)
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    return thread_id


async def test_a_note_is_made_of_a_thread_that_is_over_and_a_text_of_that(tmp_path: Path) -> None:
    async with open_rig(tmp_path, Scribe("Likes owls.", "The user likes owls.")) as rig:
        thread_id = await over(rig, "I like owls")
        async with remembering(rig):
            await rig.published(Consolidated.kind)
            memory = await memory_of(rig)
            log = rig.logs.memory(None)  # type: ignore[arg-type]
            assert await log.text(memory.notes[thread_id].text_id) == "Likes owls."
            assert await log.text(memory.summary.text_id) == "The user likes owls."
            assert memory.summary.thread_ids == (thread_id,)
