"""What waits for the writer: whoever is waited for goes ahead, clients in turn, and all get on."""

from collections.abc import Callable
from queue import SimpleQueue

import pytest

from tests.support.each import each
from threadhost.events.contention import Contention
from threadhost.events.store import fair_queue as module
from threadhost.events.store.fair_queue import (
    AHEAD_MAX,
    ALONE_MAX,
    BESIDE_MAX,
    SYNC_S,
    TAKEN_BYTES_MAX,
    TAKEN_MAX,
    TIMES_MAX,
    FairQueue,
    QueueEntry,
)


def lanes(*waiting: QueueEntry[str], is_shared: bool = True) -> FairQueue[str]:
    """A queue into which these were put, and nothing more is put; asked of by several before."""
    contention = Contention(lambda: 0.0)
    for client in ("one", "two") if is_shared else ("a",):
        contention.note(client)
    made: FairQueue[str] = FairQueue(contention)
    for one in waiting:
        made.put(one)
    made.close()
    return made


def by_itself(count: int, size_bytes: int = 0) -> list[QueueEntry[str]]:
    return [QueueEntry(f"turn {n}", size_bytes) for n in range(count)]


def asked_by(client: str, count: int, size_bytes: int = 0) -> list[QueueEntry[str]]:
    return [QueueEntry(f"{client} {n}", size_bytes, client) for n in range(count)]


def test_an_append_that_a_client_waits_for_goes_ahead_of_all_others() -> None:
    taken = lanes(*by_itself(500), *asked_by("a", 1)).take()
    assert taken[0] == "a 0"


class Loop:
    """What puts in, and rings the writer's bell; it has had a wave of so many entries before."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *clients: str, before: int) -> None:
        self.bell: SimpleQueue[None] = SimpleQueue()
        monkeypatch.setattr(module, "SimpleQueue", lambda: self.bell)
        self.contention = Contention(lambda: 0.0)
        self.note(*clients)
        self._due = list[Callable[[], None]]()
        self.lanes: FairQueue[str] = FairQueue(self.contention, self._due.append)
        if before:
            self.put(before)
            self.done()
            self.lanes.take()

    def note(self, *clients: str) -> None:
        for client in clients:
            self.contention.note(client)

    def put(self, count: int) -> None:
        for waiting in asked_by("a", count):
            self.lanes.put(waiting)

    def done(self) -> None:
        (done,) = self._due
        self._due.clear()
        done()


def test_the_next_appends_of_a_lone_client_are_written_in_one_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = Loop(monkeypatch, "a", before=2)
    loop.put(3)
    assert loop.bell.empty()
    loop.done()
    assert loop.lanes.take() == ["a 0", "a 1", "a 2"]


def test_a_batch_is_written_when_another_client_appends_before_it_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = Loop(monkeypatch, "a", before=2)
    loop.put(2)
    loop.note("b")
    loop.done()
    assert not loop.bell.empty()


@each(("clients", "before"), [(("a", "b"), 2), (("a",), 1), (("a",), 0)])
def test_a_single_append_or_one_beside_another_client_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, clients: tuple[str, ...], before: int
) -> None:
    loop = Loop(monkeypatch, *clients, before=before)
    loop.put(1)
    assert not loop.bell.empty()
    loop.lanes.take()
    loop.done()
    assert loop.bell.empty()


def test_clients_are_served_in_turn_however_much_one_has_asked() -> None:
    waiting = lanes(*asked_by("a", 500), *asked_by("b", 2))
    assert waiting.take()[:5] == ["a 0", "b 0", "a 1", "b 1", "a 2"]


def test_each_line_keeps_its_order() -> None:
    waiting = lanes(*asked_by("a", 100), *by_itself(100))
    taken = [entry for _ in range(50) for entry in waiting.take()]
    assert [one for one in taken if one[0] == "a"] == [f"a {n}" for n in range(100)]
    assert [one for one in taken if one[0] == "t"] == [f"turn {n}" for n in range(100)]


def test_appends_without_a_waiting_client_progress_however_much_clients_append() -> None:
    waiting = lanes(*asked_by("a", 500), *by_itself(100))
    taken = waiting.take()
    assert (len(taken), taken.count("turn 0")) == (AHEAD_MAX + BESIDE_MAX, 1)
    assert f"turn {BESIDE_MAX}" in waiting.take()


def test_large_appends_of_clients_do_not_delay_the_others_longer() -> None:
    large = lanes(*asked_by("a", 500, 2 * TAKEN_BYTES_MAX), *by_itself(3, 2 * TAKEN_BYTES_MAX))
    assert [large.take() for _ in range(4)] == [
        ["a 0", "turn 0"],
        ["a 1", "turn 1"],
        ["a 2", "turn 2"],
        ["a 3"],
    ]


def test_a_batch_has_no_more_appends_than_the_loop_can_handle() -> None:
    waiting = lanes(*by_itself(TAKEN_MAX + 1))
    assert [len(waiting.take()) for _ in range(2)] == [TAKEN_MAX, 1]


def test_a_slow_disk_gets_more_at_once_up_to_a_bound() -> None:
    for sync_s, times in ((SYNC_S / 2, 1), (SYNC_S * 3.5, 4), (60, TIMES_MAX)):
        assert len(lanes(*by_itself(1000)).take(sync_s)) == TAKEN_MAX * times
        mixed = lanes(*asked_by("a", 1000), *by_itself(1000)).take(sync_s)
        assert len(mixed) == (AHEAD_MAX + BESIDE_MAX) * times


def test_appends_queued_before_the_end_are_written() -> None:
    waiting = lanes(*by_itself(1), *asked_by("a", 1))
    assert waiting.take() == ["a 0", "turn 0"]
    assert waiting.take() == []


def test_a_client_that_is_alone_gets_much_at_once_and_all_else_keeps_pace() -> None:
    taken = lanes(*asked_by("a", 500), *by_itself(500), is_shared=False).take()
    assert [one[0] for one in taken] == ["a"] * ALONE_MAX + ["t"] * ALONE_MAX


def test_an_occasional_append_of_a_lone_client_waits_for_few_others() -> None:
    taken = lanes(*by_itself(500), *asked_by("a", 1), is_shared=False).take()
    assert len(taken) == 1 + BESIDE_MAX


def test_a_second_client_ends_the_large_batches_of_a_lone_client() -> None:
    taken = lanes(*asked_by("a", 500), *asked_by("b", 1), is_shared=False).take()
    assert (len(taken), taken[1]) == (AHEAD_MAX, "b 0")
