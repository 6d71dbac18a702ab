"""One request at a time for each key, in the order of arrival."""

import asyncio

import pytest

from threadhost.adapters.jsonrpc.scopes import ScopeKey, Scopes, Ticket, in_turn

A, SHARED_A, B = ScopeKey("a"), ScopeKey("a", shared=True), ScopeKey("b")


class Work:
    """Tasks that hold a scope until they are ended; `running` names the current holders."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.running: list[str] = []
        self.doors: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, name: str, scope: ScopeKey) -> None:
        ticket, self.doors[name] = self.scopes.enter(scope), asyncio.Event()

        async def run() -> None:
            async with in_turn(ticket):
                self.running.append(name)
                await self.doors[name].wait()
                self.running.remove(name)

        self.tasks[name] = asyncio.create_task(run())
        await settle()

    async def end(self, name: str) -> None:
        self.doors[name].set()
        await self.tasks[name]
        await settle()

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.tasks[name]
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def work() -> Work:
    return Work(Scopes())


async def test_different_keys_do_not_wait_for_one_another(work: Work) -> None:
    await work.begin("1", A)
    await work.begin("2", B)
    assert work.running == ["1", "2"]
    await work.end("1")
    await work.end("2")
    assert len(work.scopes) == 0


async def test_requests_with_one_key_run_one_at_a_time_in_the_order_of_arrival(work: Work) -> None:
    for name in ("1", "2", "3"):
        await work.begin(name, A)
    for name in ("1", "2", "3"):
        assert work.running == [name]
        await work.end(name)
    assert len(work.scopes) == 0


async def test_requests_with_one_key_run_in_the_order_of_arrival_and_not_of_waiting() -> None:
    scopes, order = Scopes(), []
    holder = scopes.enter(A)
    first, second = scopes.enter(A), scopes.enter(A)

    async def run(name: str, ticket: Ticket) -> None:
        async with in_turn(ticket):
            order.append(name)

    tasks = [asyncio.create_task(run("second", second)), asyncio.create_task(run("first", first))]
    await settle()
    holder.leave()
    await asyncio.gather(*tasks)
    assert order == ["first", "second"]


async def test_shared_holders_that_follow_one_another_run_together(work: Work) -> None:
    await work.begin("r1", SHARED_A)
    await work.begin("r2", SHARED_A)
    assert work.running == ["r1", "r2"]
    await work.end("r1")
    assert len(work.scopes) == 1
    await work.end("r2")
    assert len(work.scopes) == 0


async def test_a_waiting_writer_is_not_overtaken_by_readers(work: Work) -> None:
    for name, scope in (("r1", SHARED_A), ("w", A), ("r2", SHARED_A), ("r3", SHARED_A)):
        await work.begin(name, scope)
    assert work.running == ["r1"]
    await work.end("r1")
    assert work.running == ["w"]
    await work.end("w")
    assert work.running == ["r2", "r3"]
    await work.end("r2")
    await work.end("r3")
    assert len(work.scopes) == 0


async def test_a_cancelled_request_leaves_the_queue_of_its_scope(work: Work) -> None:
    for name, scope in (("r1", SHARED_A), ("w", A), ("r2", SHARED_A)):
        await work.begin(name, scope)
    await work.cancel("w")
    assert work.running == ["r1", "r2"]
    await work.end("r1")
    await work.end("r2")
    assert len(work.scopes) == 0


@pytest.mark.parametrize("is_given_first", [True, False])
async def test_a_turn_given_to_a_request_that_is_cancelled_goes_to_the_next(
    work: Work, *, is_given_first: bool
) -> None:
    holder = work.scopes.enter(A)
    await work.begin("1", A)
    await work.begin("2", A)
    if is_given_first:
        holder.leave()
    work.tasks["1"].cancel()
    holder.leave()
    await work.cancel("1")
    assert work.running == ["2"]
    await work.end("2")
    assert len(work.scopes) == 0


async def test_a_request_that_fails_releases_its_key() -> None:
    scopes = Scopes()

    async def fail() -> None:
        async with in_turn(scopes.enter(A)):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert len(scopes) == 0


async def test_leaving_twice_does_no_harm() -> None:
    scopes = Scopes()
    first = scopes.enter(A)
    first.leave()
    first.leave()
    second = scopes.enter(A)
    first.leave()
    assert (second.granted, len(scopes)) == (True, 1)
    second.leave()


def test_a_free_key_is_taken_without_a_loop_a_task_or_a_future() -> None:
    scopes = Scopes()
    ticket = scopes.enter(A)
    with pytest.raises(StopIteration):
        ticket.wait().send(None)
    ticket.leave()
    assert len(scopes) == 0


def test_a_turn_given_before_the_request_waits_is_taken_without_waiting() -> None:
    scopes = Scopes()
    holder, following = scopes.enter(A), scopes.enter(A)
    holder.leave()
    with pytest.raises(StopIteration):
        following.wait().send(None)
    following.leave()
    assert len(scopes) == 0
