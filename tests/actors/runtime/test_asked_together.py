"""Doing together what is asked for while the same is being done."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.hosts import cancelled, settle, within
from threadhost.actors.runtime.actor import ActorFailed
from threadhost.actors.runtime.batching import Batcher


class Doubling:
    """Doubles numbers, a batch each time it is let; a text is one that it fails at."""

    def __init__(self, at_once_max: int = 9) -> None:
        self.batches: list[tuple[str, list[int | str]]] = []
        self.goes_on = asyncio.Event()
        self.together: Batcher[str, int | str, int] = Batcher(self._double, at_once_max)

    async def _double(self, key: str, numbers: Sequence[int | str]) -> Sequence[int]:
        self.batches.append((key, [*numbers]))
        await self.goes_on.wait()
        return [2 * int(number) for number in numbers]

    def ask(self, *numbers: int | str, key: str = "") -> "list[asyncio.Task[int]]":
        """Ask for each of them."""
        begin = asyncio.get_running_loop().create_task
        return [begin(self.together.do(key, number)) for number in numbers]


async def test_requests_of_the_same_moment_are_done_in_one_batch() -> None:
    doubling = Doubling()
    doubling.goes_on.set()
    assert await within(asyncio.gather(*doubling.ask(1, 2, 3))) == [2, 4, 6]
    assert doubling.batches == [("", [1, 2, 3])]


async def test_requests_that_arrive_during_a_batch_form_the_next_batches_up_to_the_limit() -> None:
    doubling = Doubling(at_once_max=2)
    first = doubling.ask(1)
    await settle()
    later = doubling.ask(2, 3, 4)
    await settle()
    assert doubling.batches == [("", [1])]
    doubling.goes_on.set()
    assert await within(asyncio.gather(*first, *later)) == [2, 4, 6, 8]
    assert doubling.batches[1:] == [("", [2, 3]), ("", [4])]


async def test_batches_of_different_keys_do_not_wait_for_each_other() -> None:
    doubling = Doubling()
    one, other = doubling.ask(1, key="a"), doubling.ask(2, key="b")
    await settle()
    assert doubling.batches == [("a", [1]), ("b", [2])]
    doubling.goes_on.set()
    assert await within(asyncio.gather(*one, *other)) == [2, 4]


async def test_a_failed_request_of_a_batch_fails_its_own_caller_only() -> None:
    doubling = Doubling()
    doubling.goes_on.set()
    found = await within(asyncio.gather(*doubling.ask(1, "x", 3), return_exceptions=True))
    assert (found[0], found[2]) == (2, 6)
    assert isinstance(found[1], ValueError)
    assert await within(asyncio.gather(*doubling.ask(4))) == [8]


async def test_a_cancelled_request_does_not_change_the_others_of_its_batch() -> None:
    doubling = Doubling()
    gone, stays = doubling.ask(1, 2)
    await settle()
    await cancelled(gone)
    doubling.goes_on.set()
    assert await within(stays) == 4


async def test_a_request_whose_caller_was_cancelled_is_left_out_of_its_batch() -> None:
    doubling = Doubling()
    first = doubling.ask(1)
    await settle()
    gone, stays, fails = doubling.ask(2, 3, "x")
    await settle()
    await cancelled(gone)
    doubling.goes_on.set()
    assert await within(asyncio.gather(*first, stays)) == [2, 6]
    with pytest.raises(ValueError, match="x"):
        await within(fails)
    assert doubling.batches == [("", [1]), ("", [3, "x"]), ("", [3]), ("", ["x"])]


async def test_no_batch_is_started_when_all_its_callers_were_cancelled() -> None:
    doubling = Doubling()
    first = doubling.ask(1)
    await settle()
    gone = doubling.ask(2, 3)
    await settle()
    for one in gone:
        await cancelled(one)
    doubling.goes_on.set()
    assert await within(asyncio.gather(*first)) == [2]
    assert await within(asyncio.gather(*doubling.ask(4))) == [8]
    assert doubling.batches == [("", [1]), ("", [4])]


async def test_a_batch_that_may_have_been_done_is_not_repeated_and_all_callers_get_the_error() -> (
    None
):
    times, goes_on = 0, asyncio.Event()

    async def stopped(_: str, numbers: Sequence[int]) -> Sequence[int]:
        nonlocal times
        times += 1
        await goes_on.wait()
        raise ActorFailed("it was stopped")

    together: Batcher[str, int, int] = Batcher(stopped, 9)
    gone, *answers = [asyncio.ensure_future(together.do("", number)) for number in (1, 2, 3)]
    await settle()
    await cancelled(gone)
    goes_on.set()
    await within(asyncio.wait(answers))
    assert {type(answer.exception()) for answer in answers} == {ActorFailed}
    assert times == 1


@pytest.mark.slices
async def test_waiters_are_released_when_the_shared_work_ends_early() -> None:
    class Over(BaseException):
        """The loop is closing, say."""

    async def ends(_: str, numbers: Sequence[int]) -> Sequence[int]:
        raise Over

    together: Batcher[str, int, int] = Batcher(ends, 1)
    waiting = [asyncio.ensure_future(together.do("", number)) for number in (1, 2)]
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await within(asyncio.wait(waiting))
    for task in waiting:
        with pytest.raises(asyncio.CancelledError):
            task.result()
