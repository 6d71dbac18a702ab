"""What a crash left of a closed stream's key is cleared at the start, whatever closed it."""

import logging
from pathlib import Path

import pytest

from tests.support.store import META, STREAM, deleted, opened, renamed, started
from threadhost.events.base import Erased, Event
from threadhost.events.ids import memory_stream
from threadhost.events.memory import TextDropped, TextWritten
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import prepare_home

ENDS: dict[str, tuple[str, tuple[Event, ...], Event]] = {
    "thread": (STREAM, (started(), renamed()), deleted()),
    "text": (
        memory_stream("n"),
        (TextWritten(text="likes owls"),),
        TextDropped(text_id="n", why="reset"),
    ),
}


@pytest.mark.parametrize("kind", ENDS)
async def test_the_key_of_a_closed_stream_is_destroyed_by_the_next_start(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stream, events, tombstone = ENDS[kind]
    home = prepare_home(tmp_path)
    async with opened(home) as log:
        await log.append(StreamAppend(stream, [*events, tombstone]), meta=META)
        assert not isinstance((await log.read_stream(stream))[-2].event, Erased)
    with caplog.at_level(logging.WARNING, "threadhost.store"):
        async with opened(home) as log:
            assert isinstance((await log.read_stream(stream))[-2].event, Erased)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "they are destroyed now" in caplog.text
