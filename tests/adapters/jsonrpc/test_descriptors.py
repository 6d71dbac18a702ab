"""A reader of a pipe: when the loop watches the descriptor."""

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest

from threadhost.adapters.jsonrpc.transports.descriptors import PolledReader

WAIT_S = 5


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    source, sink = os.pipe()
    yield source, sink
    os.close(source)
    os.close(sink)


class Watching:
    """Counts how often the loop is asked to watch a descriptor, and finds it readable."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = self.readable = 0
        loop = asyncio.get_running_loop()
        add = loop.add_reader

        def counted(descriptor: int, call: Callable[[], object]) -> None:
            self.asked += 1

            def found() -> None:
                self.readable += 1
                call()

            add(descriptor, found)

        monkeypatch.setattr(loop, "add_reader", counted)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_loop_keeps_watching_a_pipe_between_two_reads(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sink = pipe
    watching, reader = Watching(monkeypatch), PolledReader(source, 10)
    for text in (b"one", b"two", b"three"):
        reading = asyncio.create_task(reader.read())
        await turns()
        os.write(sink, text)
        assert await asyncio.wait_for(reading, WAIT_S) == text
    assert watching.asked == 1
    reader.close()


async def test_input_without_a_waiting_reader_wakes_the_loop_once_and_is_not_lost(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sink = pipe
    watching, reader = Watching(monkeypatch), PolledReader(source, 10)
    os.write(sink, b"one")
    assert await asyncio.wait_for(reader.read(), WAIT_S) == b"one"
    os.write(sink, b"two")
    await turns()
    assert watching.readable == 2
    assert await asyncio.wait_for(reader.read(), WAIT_S) == b"two"
    reader.close()


async def test_a_reader_waits_for_more_when_another_process_has_read_the_input(
    pipe: tuple[int, int],
) -> None:
    source, sink = pipe
    other = os.dup(source)
    readers = PolledReader(source, 10), PolledReader(other, 10)
    reading = [asyncio.create_task(reader.read()) for reader in readers]
    os.write(sink, b"one")
    done, waiting = await asyncio.wait(reading, timeout=WAIT_S, return_when="FIRST_COMPLETED")
    assert [task.result() for task in done] == [b"one"]
    os.write(sink, b"two")
    assert [await asyncio.wait_for(task, WAIT_S) for task in waiting] == [b"two"]
    for reader in reversed(readers):
        reader.close()
    os.close(other)


async def test_a_cancelled_read_takes_no_input(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    reader = PolledReader(source, 10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), 0.01)
    os.write(sink, b"one")
    await turns()
    assert await asyncio.wait_for(reader.read(), WAIT_S) == b"one"
    reader.close()


@pytest.mark.parametrize("end", [PolledReader.pause, PolledReader.close])
async def test_the_loop_does_not_watch_the_pipe_of_a_paused_or_closed_reader(
    pipe: tuple[int, int], end: Callable[[PolledReader], None]
) -> None:
    source, sink = pipe
    reader = PolledReader(source, 10)
    os.write(sink, b"one")
    await asyncio.wait_for(reader.read(), WAIT_S)
    end(reader)
    assert not asyncio.get_running_loop().remove_reader(source)
    reader.close()
    assert os.get_blocking(source)
