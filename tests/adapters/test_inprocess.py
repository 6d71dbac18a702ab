"""`threadhost.open`: a host inside the program, and its clients in memory."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic_core import to_json

import threadhost
from tests.support.hosts import eventually
from threadhost.adapters import warm_up
from threadhost.adapters.client.link import LinkClosed, MemoryLink
from threadhost.adapters.config import Limits, Settings
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadDeletedNotification
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.store.errors import HomeLocked

HANG = '@echo {"steps": [{"hang": true}]}'
FAIL = '@echo {"steps": [{"fail": {"message": "no model today"}}]}'
SLOW = '@echo {"steps": [{"text": "slow", "delay_ms": 100}]}'
NOBODY = "01a20000-0000-7000-8000-000000000000"


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_turn_runs_to_its_end_and_its_text_comes_back() -> None:
    async with threadhost.open() as host, host.connect() as client:
        thread = await client.start_thread(cwd="/tmp")
        end = await client.run_turn(thread.id, "hello there")
        assert (end.turn.status, end.text) == ("completed", "hello there")
        read = await client.read_thread(thread.id, include_turns=True)
    assert [turn.id for turn in read.turns] == [end.turn.id]
    assert (read.cwd, read.preview) == ("/tmp", "hello there")


@pytest.mark.slices
async def test_a_thread_is_resumed_forked_archived_and_paged_through(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        thread = await client.start_thread()
        ends = [await client.run_turn(thread.id, f"turn {n}") for n in range(3)]
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        assert (await client.resume_thread(thread.id)).status.type == "idle"
        page = await client.list_turns(thread.id, limit=2)
        rest = await client.list_turns(thread.id, cursor=page.next_cursor)
        assert [t.id for t in (*page.data, *rest.data)] == [end.turn.id for end in ends[::-1]]
        items = await client.list_items(thread.id, turn_id=ends[0].turn.id, limit=1)
        assert [entry.item.type for entry in items.data] == ["userMessage"]
        fork = await client.fork_thread(thread.id, last_turn_id=ends[0].turn.id)
        assert (await client.run_turn(fork.id, "on the fork")).text == "on the fork"
        assert len((await client.list_turns(fork.id)).data) == 2
        await client.archive_thread(thread.id)
        assert (await client.unarchive_thread(thread.id)).status.type == "notLoaded"


async def test_a_turn_is_steered_by_an_embedding_program() -> None:
    async with threadhost.open() as host, host.connect() as client:
        thread = await client.start_thread()
        turn = await client.start_turn(thread.id, HANG)
        ends = client.notifications("turn/completed")
        await client.steer_turn(thread.id, turn.id, "that will do")
        assert (await anext(ends)).params["turn"]["status"] == "completed"


async def test_threads_and_names_are_still_there_after_the_home_is_opened_again(
    tmp_path: Path,
) -> None:
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "remember")
        await client.set_name(thread.id, "kept")
    async with threadhost.open(str(tmp_path / "h")) as host, host.connect() as client:
        listed = await client.list_threads(search_term="kept")
        assert [found.id for found in listed.data] == [thread.id]
        assert await client.loaded_threads() == []


async def test_a_home_has_one_host_at_a_time_and_is_unlocked_after_its_end(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path):
        with pytest.raises(HomeLocked):
            async with threadhost.open(tmp_path):
                pass
    async with threadhost.open(tmp_path):
        pass


@pytest.mark.slices
async def test_without_a_home_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with threadhost.open() as host, host.connect() as client:
        await client.start_thread()
    async with threadhost.open(tmp_path / "h", store="memory") as host, host.connect() as client:
        await client.start_thread()
    assert files(tmp_path) == []


@pytest.mark.slices
async def test_the_model_may_be_a_client_of_the_programs_own() -> None:
    async with threadhost.open(model=EchoClient("mine")) as host, host.connect() as client:
        thread = await client.start_thread()
        assert (await client.run_turn(thread.id, "x")).text == "mine"


async def test_settings_can_be_given_in_the_place_of_the_home(tmp_path: Path) -> None:
    settings = Settings(tmp_path, listen=(), store="memory", tree_depth_max=1)
    async with threadhost.open(settings, model="echo:set") as host, host.connect() as client:
        root = await client.start_thread()
        child = await client.start_thread(parent_thread_id=root.id)
        assert (await client.run_turn(child.id, "x")).text == "set"
        with pytest.raises(threadhost.RpcError):
            await client.start_thread(parent_thread_id=child.id)


async def test_a_refusal_is_an_exception_with_code_and_message() -> None:
    async with threadhost.open() as host, host.connect() as client:
        with pytest.raises(threadhost.RpcError) as refused:
            await client.read_thread(NOBODY)
        assert (refused.value.code, refused.value.message) == (
            -32600,
            f"thread not loaded: {NOBODY}",
        )
        assert refused.value.reason == "threadNotFound"
        with pytest.raises(threadhost.RpcError, match="unknown variant `no/such`"):
            await client.call("no/such")


async def test_a_failed_turn_is_returned_and_raises_no_exception() -> None:
    async with threadhost.open() as host, host.connect() as client:
        thread = await client.start_thread()
        end = await client.run_turn(thread.id, FAIL)
        assert end.turn.status == "failed"
        assert end.turn.error is not None
        assert end.turn.error.message == "no model today"


async def test_run_turn_returns_when_the_turn_is_interrupted() -> None:
    async with threadhost.open() as host, host.connect() as client:
        thread = await client.start_thread()
        begun = client.notifications("turn/started")
        waiting = asyncio.create_task(client.run_turn(thread.id, HANG))
        turn = (await anext(begun)).params["turn"]["id"]
        await client.interrupt_turn(thread.id, turn)
        assert (await waiting).turn.status == "interrupted"


@pytest.mark.slices
async def test_two_concurrent_run_turns_on_one_thread_each_return_their_own_text() -> None:
    async with threadhost.open(model="echo") as host, host.connect() as client:
        thread = (await client.start_thread()).id
        ends = await asyncio.gather(*(client.run_turn(thread, text) for text in ("one", "two")))
        assert [end.text for end in ends] == ["one", "two"]
        assert ends[0].turn.id != ends[1].turn.id


@pytest.mark.parametrize("is_known", [True, False], ids=["begun", "asked for"])
async def test_cancelling_run_turn_interrupts_the_turn(*, is_known: bool) -> None:
    async with threadhost.open(model="echo") as host, host.connect() as client:
        thread = (await client.start_thread()).id
        begun, over = (client.notifications(f"turn/{end}") for end in ("started", "completed"))
        running = asyncio.create_task(client.run_turn(thread, HANG))
        await (anext(begun) if is_known else asyncio.sleep(0))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await anext(over)).params["turn"]["status"] == "interrupted"
        assert (await client.run_turn(thread, "go on")).text == "go on"


async def test_cancelling_a_waiting_run_turn_leaves_the_running_turn_alone() -> None:
    async with threadhost.open(model="echo") as host, host.connect() as client:
        thread = (await client.start_thread()).id
        begun = client.notifications("turn/started")
        first = asyncio.create_task(client.run_turn(thread, SLOW))
        await anext(begun)
        second = asyncio.create_task(client.run_turn(thread, "two"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await first).text == "slow"


@pytest.mark.slices
async def test_a_client_can_run_a_turn_on_a_thread_that_another_client_started() -> None:
    async with threadhost.open() as host, host.connect("one") as one, host.connect("two") as two:
        thread = await one.start_thread()
        assert (await two.run_turn(thread.id, "from two")).text == "from two"


@pytest.mark.slices
async def test_a_client_gets_notifications_of_its_threads_and_of_all_deletions() -> None:
    async with threadhost.open() as host, host.connect("one") as one, host.connect("two") as two:
        mine, theirs = one.notifications("turn/completed"), two.notifications("turn/completed")
        gone = two.notifications("thread/deleted")
        thread = await one.start_thread()
        await one.run_turn(thread.id, "x")
        await one.delete_thread(thread.id)
        note = await anext(gone)
        assert note.typed() == ThreadDeletedNotification(thread_id=thread.id)
        assert (await anext(mine)).thread_id == thread.id
        await two.close()
        assert [note async for note in theirs] == []


async def test_unsubscribing_ends_the_notifications_of_a_thread() -> None:
    async with threadhost.open() as host, host.connect() as client:
        thread = await client.start_thread()
        notes = client.notifications("turn/started", thread_id=thread.id)
        assert await client.unsubscribe(thread.id) == "unsubscribed"
        assert await client.unsubscribe(thread.id) == "notSubscribed"
        assert (await client.run_turn(thread.id, "x")).turn.status == "completed"
        await client.close()
        assert [note async for note in notes] == []


async def test_a_subscription_replays_missed_events_and_continues_without_a_gap() -> None:
    async with threadhost.open() as host, host.connect("one") as one:
        thread = await one.start_thread()
        await one.run_turn(thread.id, "before")
        async with host.connect("late") as late:
            notes = late.notifications("turn/completed", "thread/deleted")
            assert (await late.subscribe_events(0)).complete
            assert (await anext(notes)).method == "turn/completed"
            await one.run_turn(thread.id, "after")
            assert (await anext(notes)).method == "turn/completed"
            await late.unsubscribe_events()
            await one.run_turn(thread.id, "unheard")
            await one.delete_thread(thread.id)
            assert (await anext(notes)).method == "thread/deleted"


async def test_a_preview_lists_the_tree_that_the_deletion_then_deletes() -> None:
    async with threadhost.open() as host, host.connect() as client:
        root = await client.start_thread()
        child = await client.start_thread(parent_thread_id=root.id)
        plan = await client.preview_delete(root.id)
        assert plan.delete_order == [child.id, root.id]
        gone = client.notifications("thread/deleted")
        await client.delete_thread(root.id)
        assert [(await anext(gone)).thread_id for _ in range(2)] == plan.delete_order
        assert await client.loaded_threads() == []


@pytest.mark.slices
async def test_a_client_keeps_nothing_of_threads_that_any_client_deleted() -> None:
    def kept(client: threadhost.Client) -> int:
        return sum(len(each) for each in vars(client).values() if isinstance(each, set | dict))

    async with threadhost.open() as host, host.connect() as one, host.connect() as other:
        before = kept(one)
        for _ in range(20):
            root = await one.start_thread()
            await one.start_thread(parent_thread_id=root.id)
            await other.delete_thread(root.id)
        await eventually(lambda: kept(one) <= before)


async def test_two_starts_with_the_same_idempotency_key_start_one_thread() -> None:
    async with threadhost.open() as host, host.connect() as client:
        first = await client.start_thread(idempotency_key="k")
        again = await client.start_thread(idempotency_key="k")
        assert first.id == again.id


async def test_calls_after_the_end_of_the_host_raise_connection_closed() -> None:
    async with threadhost.open() as host:
        client = host.connect()
        thread = await client.start_thread()
        waiting = asyncio.create_task(client.start_turn(thread.id, HANG))
        await waiting
    with pytest.raises(threadhost.ConnectionClosed):
        await client.loaded_threads()


async def test_a_program_that_waits_for_a_turn_gets_its_end_when_the_host_closes() -> None:
    async with threadhost.open() as host:
        client = host.connect()
        thread = await client.start_thread()
        begun = client.notifications("turn/started")
        waiting = asyncio.create_task(client.run_turn(thread.id, HANG))
        await anext(begun)
    assert (await waiting).turn.status == "interrupted"


async def test_the_log_records_a_client_by_its_name() -> None:
    async with threadhost.open() as host, host.connect("accountant") as client:
        await client.start_thread()
        principals = [fact.meta.principal for fact in await host.app.logs.durable.read(0, 100)]
    assert any(p.startswith("client:accountant/memory/") for p in principals)


@pytest.mark.slices
async def test_very_many_large_answers_at_once_are_all_delivered() -> None:
    limits = Limits(outbox_high_water_bytes=200_000, outbox_low_water_bytes=50_000)
    settings = Settings(Path(), listen=(), store="memory", limits=limits)
    async with threadhost.open(settings) as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "x" * 50_000)
        reads = (client.read_thread(thread.id, include_turns=True) for _ in range(200))
        for read in await asyncio.gather(*reads):
            assert len(read.turns) == 1


@pytest.mark.slices
async def test_a_client_in_memory_that_never_reads_is_disconnected() -> None:
    settings = Settings(Path(), listen=(), store="memory", limits=Limits(slow_reader_timeout_ms=20))
    async with threadhost.open(settings) as host, host.connect() as client:
        deaf = MemoryLink(host.app.accept, settings.limits, "deaf")
        hello = {"clientInfo": {"name": "deaf", "version": "1"}}
        await deaf.send(to_json({"id": 1, "method": "initialize", "params": hello}))
        await eventually(lambda: len(host.app.sessions) == 1)
        with pytest.raises(LinkClosed):
            await deaf.receive()
        thread = await client.start_thread()
        assert (await client.run_turn(thread.id, "still here")).text == "still here"


class Broken(EchoClient):
    """A model that can neither be prepared nor closed."""

    async def warm_up(self) -> None:
        raise OSError("no certificates")

    async def close(self) -> None:
        raise OSError("the model does not let go")


async def test_a_model_that_fails_to_close_leaves_the_home_unlocked(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="does not let go"):
        async with threadhost.open(tmp_path, model=Broken()):
            pass
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        assert (await client.start_thread()).status.type == "idle"


@pytest.mark.slices
async def test_a_model_that_cannot_be_prepared_is_logged_and_the_warm_up_completes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_up, "QUIET_S", 0.01)
    with suppress(OSError):
        async with threadhost.open(model=Broken()) as host:
            assert host.app.warming is not None
            await host.app.warming
    assert "the model could not be prepared: OSError" in caplog.text
