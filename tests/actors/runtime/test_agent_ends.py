"""A parent hears how its agents ended, whoever ended them, and whatever of them was lost."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.actors.runtime.test_fenced_reactors import TOLD, fenced_for_turns
from tests.support.damage import BREAK, edit, positions
from tests.support.hosts import (
    ORIGIN,
    POLICY,
    SETTINGS,
    Deaf,
    Rig,
    message,
    open_rig,
    settle,
    within,
)
from threadhost.actors.agent import MESSAGE_LOST, DeliverMessage, StartAgent
from threadhost.actors.agent_limits import AgentLimits
from threadhost.actors.agent_status import GIVEN_UP, agent_status
from threadhost.actors.errors import Overloaded, ThreadUnavailable
from threadhost.actors.origin import Origin
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.thread import RenameThread
from threadhost.events.agent import (
    AgentEnded,
    AgentEndHeard,
    AgentEndTold,
    AgentMessageReceived,
    AgentMessageTaken,
)
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.thread import ThreadRenamed
from threadhost.events.turn import USER_ITEM, ErrorRecorded, ItemRecorded
from threadhost.events.warning import TurnWarned
from threadhost.events.words import AGENT_CLOSED, AGENT_SOURCE
from threadhost.projections.agent_mail import Waiting

SHORT = POLICY._replace(shutdown_deadline_ms=50)


async def agent_of_root(rig: Rig) -> tuple[str, str]:
    """A root and an agent of it, which has been told its task."""
    root = await rig.start()
    child = rig.ids.new()
    start = StartAgent(
        child,
        SETTINGS,
        source=AGENT_SOURCE,
        parent_id=root,
        agents=AgentLimits(),
        turn_id=rig.ids.new(),
        content=[{"type": "text", "text": "look", "text_elements": []}],
        sender_version=1,
    )
    await within(rig.host.threads.start(start, ORIGIN))
    return root, child


async def give_up(rig: Rig, thread_id: str) -> None:
    """Let the log be ahead of a thread again and again, until it is given up."""
    stream, supervisor = thread_stream(thread_id), rig.host.live.supervisor
    while thread_id not in supervisor.given_up:
        renamed = StreamAppend(stream, [ThreadRenamed(name="behind")])
        await rig.logs.durable.append(renamed, meta=ORIGIN.at(1))
        with suppress(WrongExpectedVersion, ThreadUnavailable):
            await within(rig.host.threads.ask(thread_id, RenameThread("n"), ORIGIN))
        await within(supervisor.settled(thread_id))


async def first_agent_end(rig: Rig) -> str:
    """The status in the first end of an agent that its parent receives."""
    event = (await rig.published(AgentEndHeard.kind)).event
    assert isinstance(event, AgentEndHeard)
    return event.status


async def test_a_parent_is_informed_of_an_agent_that_timed_out_at_its_shutdown(
    tmp_path: Path,
) -> None:
    model = Deaf()
    async with open_rig(tmp_path, model, SHORT) as rig:
        _, child = await agent_of_root(rig)
        await rig.published("turn.model_requested.v1", thread_stream(child))
        stopped = await within(rig.host.life.unload([child], AGENT_CLOSED, ORIGIN))
        assert list(stopped.timed_out) == [child]
        assert await first_agent_end(rig) == "shutdown"
        model.let_go.set()


async def test_a_parent_is_informed_of_an_agent_that_was_given_up_within_its_turn(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        root, child = await agent_of_root(rig)
        await within(rig.model.asked())
        await give_up(rig, child)
        ended = [e for e in rig.events(child) if isinstance(e, AgentEnded)]
        assert [event.status for event in ended] == ["errored"]
        assert await first_agent_end(rig) == "errored"
        tree = (await rig.host.trees.actors.get(root)).tree
        stands = await agent_status(Sessions(rig.logs, rig.host.live), tree, child)
        assert stands == GIVEN_UP


async def test_an_agent_given_up_before_it_took_its_task_ends_as_errored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        fenced_for_turns(rig, monkeypatch)
        _, child = await agent_of_root(rig)
        await give_up(rig, child)
        assert await first_agent_end(rig) == "errored"


async def home_with_unreadable_message(
    home: Path, monkeypatch: pytest.MonkeyPatch, *, is_agent: bool
) -> str:
    """Make a home with a thread whose newest message is unreadable and was taken by no turn."""
    async with open_rig(home) as rig:
        with monkeypatch.context() as patched:
            fenced_for_turns(rig, patched)
            thread_id = (await agent_of_root(rig))[1] if is_agent else await rig.start()
            if not is_agent:
                await within(rig.host.threads.ask(thread_id, TOLD, ORIGIN))
            await settle(50)
            await within(rig.host.life.unload([thread_id], "idle", ORIGIN))
    edit(home, BREAK, positions(home, thread_id, AgentMessageReceived.kind)[0])
    return thread_id


async def test_an_agent_with_an_unreadable_task_fails_and_its_parent_is_informed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await home_with_unreadable_message(tmp_path, monkeypatch, is_agent=True)
    async with open_rig(tmp_path) as rig:
        await within(rig.host.threads.activate(child, "test"))
        assert await first_agent_end(rig) == "errored"
        await rig.published(AgentEndTold.kind)
        events = rig.events(child)
        taken = [e.received_version for e in events if isinstance(e, AgentMessageTaken)]
        assert taken == [4]
        assert [e.message for e in events if isinstance(e, ErrorRecorded)] == [MESSAGE_LOST]
        assert await rig.logs.durable.reads.rows("SELECT * FROM agent_mail") == []


async def test_a_message_that_cannot_be_read_is_a_warning_where_the_thread_is_no_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await home_with_unreadable_message(tmp_path, monkeypatch, is_agent=False)
    async with open_rig(tmp_path) as rig:
        await within(rig.host.threads.activate(thread_id, "test"))
        warned = (await rig.published(TurnWarned.kind, thread_stream(thread_id))).event
        assert isinstance(warned, TurnWarned)
        assert warned.message == MESSAGE_LOST
        await within(rig.turn(thread_id))
        (await rig.model.asked()).say(*message("yes")).end()
        await rig.published("turn.completed.v1", thread_stream(thread_id))
        assert await rig.logs.durable.reads.rows("SELECT * FROM agent_mail") == []


def from_sender(told: DeliverMessage) -> Origin:
    """How a message is delivered."""
    sent = by_event(thread_stream(told.sender_id), told.sender_version)
    return ORIGIN._replace(causation_id=sent)


async def finished_agent_and_message(rig: Rig, *, joins: bool) -> tuple[str, DeliverMessage]:
    """An agent that is done, and the newest message to it, perhaps one that joined its turn."""
    root, child = await agent_of_root(rig)
    asked = await within(rig.model.asked())
    if joins:
        said = TOLD.but(sender_id=root, sender_version=2, turn_id=rig.ids.new())
        await within(rig.host.threads.ask(child, said, from_sender(said)))
        asked = await within(rig.model.asked())
    asked.say(*message("found")).end()
    await rig.published(AgentEndTold.kind)
    told = [e for e in rig.events(child) if isinstance(e, AgentMessageReceived)][-1]
    return child, DeliverMessage(**told.model_dump(exclude={"interrupts"}))


@pytest.mark.few(1)
@pytest.mark.parametrize("joins", [False, True], ids=["it began a turn", "it joined one"])
async def test_a_redelivered_message_whose_receipt_is_lost_is_not_taken_again(
    tmp_path: Path, *, joins: bool
) -> None:
    async with open_rig(tmp_path) as rig:
        child, told = await finished_agent_and_message(rig, joins=joins)
    edit(tmp_path, BREAK, positions(tmp_path, child, AgentMessageReceived.kind)[-1])
    async with open_rig(tmp_path) as rig:
        await within(rig.host.threads.activate(child, "test"))
        before = rig.kinds(child)
        again = await within(rig.host.threads.ask(child, told, from_sender(told)))
        assert not again.recorded
        await settle(20)
        assert rig.kinds(child) == before
        assert rig.host.threads.status(child) == "idle"


@pytest.mark.parametrize("joins", [False, True], ids=["it began a turn", "it joined one"])
async def test_a_redelivered_message_whose_receipt_and_taking_are_lost_starts_no_second_turn(
    tmp_path: Path, *, joins: bool
) -> None:
    async with open_rig(tmp_path) as rig:
        child, told = await finished_agent_and_message(rig, joins=joins)
    for kind in (AgentMessageReceived.kind, AgentMessageTaken.kind):
        edit(tmp_path, BREAK, positions(tmp_path, child, kind)[-1])
    async with open_rig(tmp_path) as rig:
        await within(rig.host.threads.ask(child, told, from_sender(told)))
        await rig.published(AgentMessageTaken.kind, thread_stream(child))
        assert rig.kinds(child).count("turn.started") == 1
        assert len(user_items(rig, child)) == 1 + joins
        assert "thread.failed" not in rig.kinds(child)
        assert rig.host.threads.status(child) == "idle"
        await within(rig.turn(child, "more"))
        (await rig.model.asked()).say(*message("and more")).end()
        await rig.published("turn.completed.v1", thread_stream(child))


async def test_a_message_lost_before_a_turn_took_it_is_taken_when_it_is_redelivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await home_with_unreadable_message(tmp_path, monkeypatch, is_agent=True)
    async with open_rig(tmp_path) as rig:
        await within(rig.host.threads.activate(child, "test"))
        await rig.published(AgentEndTold.kind)
        root = rig.events(child)[0].parent_id
        told = TOLD.but(sender_id=root, sender_version=1, turn_id=rig.ids.new())
        await within(rig.host.threads.ask(child, told, from_sender(told)))
        await within(rig.model.asked())
        assert len(user_items(rig, child)) == 1


def user_items(rig: Rig, thread_id: str) -> list[ItemRecorded]:
    """The items of a thread that its model gets as words of a user."""
    items = [e for e in rig.events(thread_id) if isinstance(e, ItemRecorded)]
    return [item for item in items if item.type == USER_ITEM]


async def test_an_agent_without_room_at_the_start_of_the_host_is_activated_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        with monkeypatch.context() as patched:
            fenced_for_turns(rig, patched)
            _, child = await agent_of_root(rig)
            await settle(50)
            await within(rig.host.life.unload([child], "idle", ORIGIN))
    async with open_rig(tmp_path) as rig:
        activate, tried = rig.host.threads.activate, list[str]()

        async def full_at_first(thread_id: str, cause: str) -> None:
            tried.append(thread_id)
            if len(tried) == 1:
                raise Overloaded("no room")
            await activate(thread_id, cause)

        monkeypatch.setattr(rig.host.threads, "activate", full_at_first)
        monkeypatch.setattr(append_errors, "RETRY_S", 0)
        waiting = Waiting((), (child,), ())
        await within(rig.host.resume_agents(waiting, "test", lambda: False))
        assert tried == [child, child]
        await within(rig.model.asked())
