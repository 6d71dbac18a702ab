"""The contract of actors on the loop: order, bounds, failures, stops, and never a hung asker."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import pytest
from pykka import ActorRegistry

from tests.support.counting import counted
from tests.support.hosts import cancelled, settle, within
from tests.support.loop_turns import counted_turns
from threadhost.actors.runtime.actor import (
    MAILBOX_MESSAGES_MAX,
    ActorDeadError,
    ActorFailed,
    LoopActor,
    MailboxFull,
)


class Broken(Exception):
    """Fatal to the actors of these tests."""


@dataclass(frozen=True)
class Urgent:
    urgent: bool = True


class Recorder(LoopActor):
    """Notes what it receives; waits at its gate; raises what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []
        self.failures: list[BaseException | None] = []
        self.stops = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def receive(self, message: Any) -> Any:
        await self.gate.wait()
        self.received.append(message)
        if isinstance(message, BaseException):
            raise message
        if message == "stop inside":
            self._stop()
        return message

    def is_fatal(self, error: Exception) -> bool:
        return isinstance(error, Broken)

    def on_stop(self) -> None:
        self.stops += 1

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.failures.append(exception_value)


@pytest.fixture
async def actor() -> AsyncIterator[Recorder]:
    actor = Recorder.launch()
    yield actor
    actor.gate.set()
    await settle()


def ask(actor: LoopActor, message: Any) -> Any:
    return actor.actor_ref.ask(message, block=False)


async def refusal(asked: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (the caller looks at it)
        await within(asked)
    return caught.value


async def test_messages_are_handled_in_the_order_in_which_they_came(actor: Recorder) -> None:
    replies = [ask(actor, n) for n in range(100)]
    assert [await within(reply) for reply in replies] == list(range(100))
    assert actor.received == list(range(100))


async def test_a_message_waits_for_the_one_before_it(actor: Recorder) -> None:
    actor.gate.clear()
    first, second = ask(actor, 1), ask(actor, 2)
    await settle()
    assert actor.received == []
    actor.gate.set()
    assert (await within(first), await within(second)) == (1, 2)


async def test_an_idle_actor_has_no_task(actor: Recorder) -> None:
    before = asyncio.all_tasks()
    await within(ask(actor, 1))
    await settle()
    assert asyncio.all_tasks() == before
    assert not actor.is_working


async def test_a_full_mailbox_refuses_messages(actor: Recorder) -> None:
    actor.gate.clear()
    ask(actor, "at work")
    await settle()
    waiting = [ask(actor, n) for n in range(MAILBOX_MESSAGES_MAX)]
    with pytest.raises(MailboxFull, match="256 messages wait already"):
        ask(actor, "too much")
    actor.gate.set()
    assert [await within(reply) for reply in waiting] == list(range(MAILBOX_MESSAGES_MAX))
    assert await within(ask(actor, "room again")) == "room again"


async def test_urgent_messages_and_the_stop_go_into_a_full_inbox(actor: Recorder) -> None:
    actor.gate.clear()
    for n in range(MAILBOX_MESSAGES_MAX):
        ask(actor, n)
    urgent = ask(actor, Urgent())
    actor.stop()
    actor.gate.set()
    assert await within(urgent) == Urgent()
    await settle(MAILBOX_MESSAGES_MAX * 4)
    assert actor.stops == 1


async def test_an_exception_goes_to_the_asker_and_the_actor_lives(actor: Recorder) -> None:
    error = ValueError("mine")
    assert await refusal(ask(actor, error)) is error
    assert await within(ask(actor, "alive")) == "alive"
    assert actor.failures == []


async def test_a_fatal_exception_goes_to_the_asker_and_stops_the_actor(actor: Recorder) -> None:
    error = Broken()
    assert await refusal(ask(actor, error)) is error
    assert (actor.failures, actor.stops) == ([error], 0)
    assert isinstance(await refusal(ask(actor, "late")), ActorDeadError)


async def test_an_exception_without_an_asker_stops_the_actor(actor: Recorder) -> None:
    error = ValueError("unheard")
    actor.actor_ref.tell(error)
    await settle()
    assert actor.failures == [error]


@pytest.mark.parametrize(
    "error",
    [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()],
    ids=lambda e: type(e).__name__,
)
async def test_a_base_exception_of_a_handler_ends_its_own_actor_only(
    actor: Recorder, error: BaseException
) -> None:
    other = Recorder.launch()
    asked, behind = ask(actor, error), ask(actor, "behind")
    failed = await refusal(asked)
    assert isinstance(failed, ActorFailed)
    assert str(failed) == f"{type(error).__name__} in the actor"
    assert isinstance(await refusal(behind), ActorDeadError)
    assert actor.failures == [error]
    assert await within(ask(other, "alive")) == "alive"


async def test_messages_left_when_an_actor_stops_get_an_error(actor: Recorder) -> None:
    actor.gate.clear()
    first, last = ask(actor, "stop inside"), ask(actor, "left")
    actor.gate.set()
    assert await within(first) == "stop inside"
    assert isinstance(await refusal(last), ActorDeadError)
    assert (actor.received, actor.stops) == (["stop inside"], 1)


async def test_messages_before_a_stop_are_handled(actor: Recorder) -> None:
    first, stop = ask(actor, 1), actor.actor_ref.stop(block=False)
    last = ask(actor, 2)
    assert await within(first) == 1
    assert isinstance(await refusal(last), ActorDeadError)
    assert stop.get() is True
    assert not actor.actor_ref.is_alive()


async def test_asking_a_stopped_actor_gets_an_error(actor: Recorder) -> None:
    actor.stop()
    await settle()
    assert isinstance(await refusal(ask(actor, 1)), ActorDeadError)
    with pytest.raises(ActorDeadError):
        actor.actor_ref.tell(1)


async def test_a_message_is_handled_though_its_asker_was_cancelled(actor: Recorder) -> None:
    actor.gate.clear()

    async def asking() -> None:
        await ask(actor, "kept")

    task = asyncio.create_task(asking())
    await settle()
    await cancelled(task)
    actor.gate.set()
    await within(ask(actor, "next"))
    assert actor.received == ["kept", "next"]


async def test_a_cancelled_waiter_leaves_the_answer_to_the_others(actor: Recorder) -> None:
    actor.gate.clear()
    asked = ask(actor, "shared")

    async def waiting() -> Any:
        return await asked

    first, second = asyncio.create_task(waiting()), asyncio.create_task(waiting())
    await settle()
    await cancelled(first)
    actor.gate.set()
    assert await within(second) == "shared"


async def test_a_killed_actor_answers_all_waiting_askers_with_an_error(actor: Recorder) -> None:
    actor.gate.clear()
    handled, queued = ask(actor, 1), ask(actor, 2)
    await settle()
    actor.kill()
    assert isinstance(await refusal(handled), ActorFailed)
    assert isinstance(await refusal(queued), ActorDeadError)
    await settle()
    assert (actor.received, actor.is_working) == ([], False)


async def test_a_handler_that_ignores_its_end_changes_no_answer_later() -> None:
    class Stubborn(Recorder):
        async def receive(self, message: Any) -> Any:
            try:
                return await super().receive(message)
            except asyncio.CancelledError:
                await self.gate.wait()
                return "too late"

    actor = Stubborn.launch()
    actor.gate.clear()
    asked = ask(actor, 1)
    await settle()
    actor.kill()
    await settle()
    actor.gate.set()
    await settle()
    assert isinstance(await refusal(asked), ActorFailed)


async def test_an_on_failure_that_fails_is_logged_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Worse(Recorder):
        def on_failure(self, *_: Any) -> None:
            raise ValueError("again")

    actor = Worse.launch()
    assert isinstance(await refusal(ask(actor, Broken())), Broken)
    assert "on_failure of Worse" in caplog.text


async def test_a_long_queue_does_not_keep_the_loop_from_turning(actor: Recorder) -> None:
    class Slow(Recorder):
        async def receive(self, message: Any) -> Any:
            await asyncio.sleep(0)
            return message

    slow = Slow.launch()
    async with counted_turns() as turns:
        for reply in [ask(slow, n) for n in range(200)]:
            await within(reply)
        assert turns() >= 200


async def test_the_cost_of_an_ask_does_not_grow_with_earlier_asks(
    actor: Recorder,
) -> None:
    await ask(actor, 0)
    with counted() as first:
        await ask(actor, 1)
    for n in range(1000):
        await ask(actor, n)
    with counted() as last:
        await ask(actor, 1)
    assert 0 < last.bytecodes < 1.1 * first.bytecodes < 2_000
    assert ActorRegistry.get_all() == []


async def test_a_settled_result_can_be_read_without_waiting_and_is_not_replaced(
    actor: Recorder,
) -> None:
    asked = ask(actor, 1)
    await within(asked)
    assert asked.get() == 1
    asked.set(2)
    asked.set_exception((ValueError, ValueError(), None))
    assert asked.get() == 1


async def test_an_actor_without_a_handler_is_a_programming_error() -> None:
    assert isinstance(await refusal(ask(LoopActor.launch(), 1)), NotImplementedError)
