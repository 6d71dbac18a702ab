"""Starts of threads and turns: limited in number, and fair between clients."""

from collections.abc import Callable

import pytest

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.backlog import AdmittedRequest, Backlog
from threadhost.adapters.jsonrpc.envelope import Request
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.scopes import ScopeKey
from threadhost.adapters.jsonrpc.start_limiter import ALONE_MAX, UNDER_WAY_MAX, StartLimiter
from threadhost.events.contention import LATELY_S, Contention


class Named(Params):
    """Params that name a thread."""

    thread: str = ""


def by_thread(params: Named) -> ScopeKey | None:
    return ScopeKey(params.thread) if params.thread else None


async def nothing(params: object, call: object) -> None:
    del params, call


START = Method("thread/start", Named, nothing, by_thread, starts=True)
OTHER = Method("turn/interrupt", Named, nothing, by_thread)


class Client:
    """A client, its requests that have begun, and whether its outbox is full."""

    def __init__(self, starts: StartLimiter, name: str = "c") -> None:
        self.begun: list[str] = []
        self.is_held = False
        self.name = name
        self._at_work: dict[str, AdmittedRequest] = {}
        self.backlog = Backlog(4, starts, self._begin, lambda: self.is_held)

    def ask(self, method: Method, id: str, thread: str = "") -> None:
        origin = Origin(self.name, f"{self.name} {id}", "")
        self.backlog.add(
            AdmittedRequest(Request(id, method.name, {}), method, Named(thread=thread), origin)
        )

    def ask_many(self, count: int) -> None:
        for number in range(count):
            self.ask(START, f"s{number}")

    def answer(self, number: str) -> None:
        self.backlog.over(self._at_work.pop(number))
        self.backlog.begin_some()

    def _begin(self, admitted: AdmittedRequest) -> None:
        number = str(admitted.request.id)
        self.begun.append(number)
        self._at_work[number] = admitted
        self.backlog.begun(admitted, is_at_work=True)


def contended() -> StartLimiter:
    """A limiter for whose starts two clients have just competed."""
    contention = Contention(lambda: 0.0)
    for client in ("one", "two"):
        contention.note(client)
    return StartLimiter(contention)


def test_a_limited_number_of_starts_run_and_the_next_begins_when_one_is_answered() -> None:
    client = Client(contended())
    client.ask_many(100)
    assert client.begun == [f"s{n}" for n in range(UNDER_WAY_MAX)]
    client.answer("s3")
    assert client.begun[UNDER_WAY_MAX:] == [f"s{UNDER_WAY_MAX}"]
    assert len(client.backlog) == 100 - UNDER_WAY_MAX - 1


def test_a_start_does_not_wait_for_the_many_starts_of_another_client() -> None:
    starts = contended()
    busy, other = Client(starts), Client(starts, "other")
    busy.ask_many(1000)
    other.ask_many(2)
    assert other.begun == ["s0"]
    other.answer("s0")
    assert other.begun == ["s0", "s1"]


def test_clients_with_many_starts_take_turns() -> None:
    starts = contended()
    one, two = Client(starts), Client(starts, "two")
    one.ask_many(100)
    two.ask_many(100)
    assert (len(one.begun), len(two.begun)) == (UNDER_WAY_MAX, 1)
    for number in range(UNDER_WAY_MAX):
        one.answer(f"s{number}")
    assert len(starts) == UNDER_WAY_MAX
    assert len(two.begun) in (UNDER_WAY_MAX // 2, UNDER_WAY_MAX // 2 + 1)


def test_every_start_is_begun_in_the_end() -> None:
    starts = contended()
    clients = [Client(starts, f"c{n}") for n in range(20)]
    for client in clients:
        client.ask_many(30)
    for number in range(30):
        for client in clients:
            client.answer(f"s{number}")
    assert all(client.begun == [f"s{n}" for n in range(30)] for client in clients)
    assert len(starts) == 0


@pytest.mark.parametrize("thread", ["t", ""], ids=["of a thread", "of no thread"])
def test_interrupts_and_lists_overtake_the_starts_that_wait(thread: str) -> None:
    client = Client(contended())
    client.ask_many(100)
    client.ask(OTHER, "interrupt", thread)
    assert client.begun[-1] == "interrupt"


def test_a_request_with_the_key_of_a_waiting_start_runs_after_that_start() -> None:
    client = Client(contended())
    client.ask_many(UNDER_WAY_MAX)
    for number, method, thread in (("a", START, "t"), ("b", OTHER, "t"), ("c", OTHER, "u")):
        client.ask(method, number, thread)
    assert client.begun[UNDER_WAY_MAX:] == ["c"]
    client.answer("s0")
    client.answer("a")
    assert client.begun[UNDER_WAY_MAX:] == ["c", "a", "b"]
    client.ask(OTHER, "d", "t")
    assert client.begun[-1] == "d"


def test_a_start_that_waits_for_its_thread_blocks_no_other_start() -> None:
    starts = contended()
    client = Client(starts)
    backlog = Backlog(4, starts, waits_for_its_thread(lambda: backlog), lambda: False)
    for number in range(UNDER_WAY_MAX):
        origin = Origin("w", f"w {number}", "")
        backlog.add(
            AdmittedRequest(Request(number, "turn/start", {}), START, Named(thread="t"), origin)
        )
    client.ask_many(UNDER_WAY_MAX)
    assert len(client.begun) == UNDER_WAY_MAX


def waits_for_its_thread(backlog: Callable[[], Backlog]) -> Callable[[AdmittedRequest], None]:
    return lambda admitted: backlog().begun(admitted, is_at_work=False)


def test_the_starts_of_a_client_with_a_full_outbox_wait_and_block_no_other_client() -> None:
    starts = contended()
    held, other = Client(starts), Client(starts, "other")
    held.ask_many(100)
    held.is_held = True
    other.ask_many(100)
    for number in range(UNDER_WAY_MAX):
        held.answer(f"s{number}")
    assert len(held.begun) == UNDER_WAY_MAX
    assert len(other.begun) == UNDER_WAY_MAX
    held.is_held = False
    held.backlog.begin_some()
    assert len(held.begun) == UNDER_WAY_MAX + 1


def test_requests_of_a_disconnected_client_are_not_started() -> None:
    starts = contended()
    gone, other = Client(starts), Client(starts, "other")
    gone.ask_many(100)
    assert len(gone.backlog.clear()) == 100 - UNDER_WAY_MAX
    other.ask_many(2)
    gone.answer("s0")
    gone.answer("s1")
    assert len(gone.begun) == UNDER_WAY_MAX
    assert other.begun == ["s0", "s1"]


def test_a_client_alone_has_more_starts_under_way_until_another_client_asks() -> None:
    now_s = 0.0
    starts = StartLimiter(Contention(lambda: now_s))
    alone, other = Client(starts), Client(starts, "other")
    alone.ask_many(2 * ALONE_MAX)
    assert len(alone.begun) == ALONE_MAX
    other.ask(OTHER, "list")
    alone.answer("s0")
    assert len(alone.begun) == ALONE_MAX
    now_s += LATELY_S
    alone.answer("s1")
    assert len(alone.begun) == ALONE_MAX + 2
