"""The import of a codex home: everything known of a thread, each thread once, none revived."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.codex_home import (
    AT_MS,
    INSTRUCTIONS,
    CodexHome,
    encoded,
    event,
    meta,
    numbered,
    older_turn,
    record,
    thread_id,
    turn,
)
from tests.support.importing import FIRST, METHOD, SECOND, THIRD, counts, opened
from tests.support.program import run_here
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.goal import goal_of
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.imported import ThreadImported
from threadhost.events.tree import EdgeClosed, ThreadForked, ThreadSpawned


async def test_an_import_keeps_everything_that_codex_knows_of_a_thread(codex: CodexHome) -> None:
    tool = {"position": 0, "name": "look", "description": "d", "input_schema": '{"type":"object"}'}
    codex.add(1, [*turn(1, "tell of owls"), *turn(2)], git={"branch": "old", "commit_hash": "abc"})
    codex.names(t1="Owls", t2="nobody")
    row = {"id": FIRST, "memory_mode": "polluted", "git_branch": "main"}
    codex.state([row], tools=[{"thread_id": FIRST, **tool}])
    codex.goal(status="budget_limited", token_budget=30)
    async with opened(codex) as host:
        done = await host.import_codex()
        assert done == {"counts": counts(total=1, done=1, imported=1), "left": [], "faults": []}
        thread = await host.read()
        wanted = {"name": "Owls", "preview": "tell of owls", "source": "cli", "cwd": "/work"}
        assert {key: thread[key] for key in wanted} == wanted
        assert (thread["createdAt"], thread["updatedAt"]) == (AT_MS // 1000, AT_MS // 1000 + 2)
        assert (thread["model"], thread["modelProvider"]) == ("gpt-9", "openai")
        assert thread["gitInfo"] == {"sha": "abc", "branch": "main", "originUrl": None}
        assert thread["path"].endswith(f"/sessions/2026/09/21/{codex.place().name}")
        assert [one["status"] for one in thread["turns"]] == ["completed", "completed"]
        assert [one["durationMs"] for one in thread["turns"]] == [600, 600]
        goal = (await host.client.call("thread/goal/get", {"threadId": FIRST}))["goal"]
        assert (goal["objective"], goal["status"]) == ("know owls", "budgetLimited")
        assert (goal["tokensUsed"], goal["timeUsedSeconds"], goal["tokenBudget"]) == (40, 6, 30)
        state = (await host.host.app.logs.stored(FIRST)).state
        assert state.settings.base_instructions == INSTRUCTIONS
        assert [one["name"] for one in state.settings.dynamic_tools] == ["look"]
        facts = await host.host.app.logs.durable.read_stream(thread_stream(FIRST))
        assert {fact.meta.principal.partition(" by ")[0] for fact in facts} == {"import:codex"}


async def test_an_imported_thread_is_not_imported_again(codex: CodexHome) -> None:
    codex.add(1)
    codex.add(2)
    async with opened(codex) as host:
        await host.import_codex()
        before = await host.events(thread_stream(FIRST))
        codex.add(3)
        codex.add(2, [*turn(1), *turn(2)])
        again = await host.import_codex()
        assert again["counts"] == counts(total=3, done=3, imported=1, unchanged=1, left=1)
        [left] = again["left"]
        assert (left["threadId"], left["why"][:30]) == (SECOND, "it continued in codex after it")
        assert await host.events(thread_stream(FIRST)) == before
        assert len((await host.read(2))["turns"]) == 1


async def test_a_thread_that_continued_here_is_not_changed_by_another_import(
    codex: CodexHome,
) -> None:
    codex.add(1)
    async with opened(codex) as host:
        await host.import_codex()
        given = {"threadId": FIRST, "model": "echo", "modelProvider": "echo"}
        resumed = await host.client.call("thread/resume", given)
        assert len(resumed["thread"]["turns"]) == 1
        end = await host.client.run_turn(FIRST, "and of wrens")
        assert (end.turn.status, end.text) == ("completed", "and of wrens")
        assert (await host.import_codex())["counts"] == counts(total=1, done=1, unchanged=1)
        assert len((await host.read())["turns"]) == 2


async def test_a_thread_that_this_host_started_is_not_imported(codex: CodexHome) -> None:
    async with opened(codex) as host:
        started = await host.client.start_thread()
        number = codex.folder / "sessions" / f"rollout-2026-09-21T14-13-20-{started.id}.jsonl"
        number.write_bytes(encoded([meta(1, id=started.id), *turn()]))
        assert await host.left_files() == [
            (
                number.name[-44:],
                "a thread of this id is here already, and was not imported from codex",
            )
        ]


async def test_a_thread_that_was_deleted_here_is_not_imported_again_nor_are_its_descendants(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.add(4)
    async with opened(codex) as host:
        await host.import_codex()
        await host.client.delete_thread(FIRST)
        codex.child(2, 1)
        codex.child(3, 2)
        left = {one["threadId"]: one["why"] for one in (await host.import_codex())["left"]}
        assert left == {
            FIRST: "it was deleted here, and is not brought back",
            SECOND: f"thread {FIRST}, above it in the tree, was deleted here",
            THIRD: f"thread {SECOND}, above it in the tree, was deleted here",
        }
        with pytest.raises(RpcError, match="not loaded"):
            await host.read(1)
        assert await host.events(thread_stream(SECOND)) == []


async def test_a_fork_is_imported_though_its_source_was_deleted(codex: CodexHome) -> None:
    codex.add(1)
    async with opened(codex) as host:
        await host.import_codex()
        await host.client.delete_thread(FIRST)
        codex.add(2, forked_from_id=FIRST)
        assert (await host.import_codex())["counts"]["imported"] == 1
        assert (await host.read(2))["forkedFromId"] == FIRST


async def test_an_import_keeps_the_trees_and_closed_edges_stay_closed(codex: CodexHome) -> None:
    codex.add(1)
    codex.child(2, 1)
    codex.child(3, 2)
    codex.child(4, 1)
    codex.state(edges=[(1, 2, "open"), (2, 3, "closed")])
    async with opened(codex) as host:
        assert (await host.import_codex())["left"] == []
        edges = await host.events(tree_stream(FIRST))
        spawned = {e.child_id: e for e in edges if isinstance(e, ThreadSpawned)}
        assert {child: (e.parent_id, e.depth, e.is_agent) for child, e in spawned.items()} == {
            SECOND: (FIRST, 1, True),
            THIRD: (SECOND, 2, True),
            thread_id(4): (FIRST, 1, True),
        }
        closed = {e.child_id for e in edges if isinstance(e, EdgeClosed)}
        assert closed == {THIRD, thread_id(4)}
        child = await host.read(2)
        assert (child["parentThreadId"], child["sessionId"]) == (FIRST, FIRST)
        assert child["agentNickname"] == "Ada"
        plan = await host.client.preview_delete(FIRST)
        assert plan.delete_order == [THIRD, thread_id(4), SECOND, FIRST]
        before = len(edges)
        await host.import_codex()
        assert len(await host.events(tree_stream(FIRST))) == before


async def test_a_child_that_is_imported_later_joins_the_tree_of_its_parent(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.child(2, 1)
    async with opened(codex) as host:
        await host.import_codex()
        codex.place(1).unlink()
        codex.add(2)  # what it hangs on is forgotten there
        codex.child(3, 2)
        await host.import_codex()
        assert (await host.read(3))["sessionId"] == FIRST
        assert (await host.client.preview_delete(FIRST)).delete_order == [THIRD, SECOND, FIRST]


async def test_children_of_a_missing_thread_are_imported_as_one_tree(codex: CodexHome) -> None:
    codex.child(2, 1)
    codex.child(3, 2)
    codex.state([{"id": FIRST, "rollout_path": "/gone/rollout.jsonl"}], [(1, 2, "open")])
    async with opened(codex) as host:
        why = f"the rollout of thread {FIRST} is missing"
        assert await host.left_files() == [("/gone/rollout.jsonl", why)]
        assert (await host.read(3))["sessionId"] == FIRST
        await host.client.delete_thread(FIRST)
        listed = await host.client.call("thread/list", {"sourceKinds": ["subAgentThreadSpawn"]})
        assert listed["data"] == []


async def test_a_fork_is_imported_with_the_history_that_it_continues(codex: CodexHome) -> None:
    base = numbered([meta(1), *turn(1), *turn(2)])
    codex.place(1).parent.mkdir(parents=True)
    codex.place(1).write_bytes(encoded(base))
    upto = encoded(base[:9])
    at = {"thread_id": FIRST, "end_ordinal_exclusive": 9, "end_byte_offset": len(upto)}
    fork = [meta(2, forked_from_id=FIRST, history_base=at), *turn(3, "in the fork")]
    codex.place(2).write_bytes(encoded(numbered(fork, 9)))
    gone = {**at, "thread_id": thread_id(9)}
    lost = [meta(3, forked_from_id=thread_id(9), history_base=gone), *turn(1)]
    codex.place(3).write_bytes(encoded(numbered(lost, 9)))
    async with opened(codex) as host:
        answer = await host.import_codex()
        assert answer["counts"]["imported"] == 3
        asked = [one["items"][0]["content"][0]["text"] for one in (await host.read(2))["turns"]]
        assert asked == ["hello", "in the fork"]
        assert (await host.read(2))["forkedFromId"] == FIRST
        [fault] = answer["faults"]
        assert (fault["threadId"], fault["line"]) == (THIRD, None)
        assert (
            fault["why"] == f"it continues the history of thread {thread_id(9)}, which is missing"
        )
        noted = [e for e in await host.events(tree_stream(FIRST)) if isinstance(e, ThreadForked)]
        assert [e.fork_id for e in noted] == [SECOND]


async def test_threads_are_imported_after_their_parents_and_sources(codex: CodexHome) -> None:
    """The smallest ids come last in the tree: over an edge, over a fork, and over both."""
    codex.child(1, 2, forked_from_id=THIRD)
    codex.child(2, 3)
    codex.add(3, forked_from_id=thread_id(4))
    codex.add(4, forked_from_id=thread_id(5))
    codex.add(5, forked_from_id=thread_id(4))
    async with opened(codex) as host:
        assert (await host.import_codex())["counts"] == counts(total=5, done=5, imported=5)
        assert (await host.read(1))["sessionId"] == THIRD
        edges = await host.events(tree_stream(THIRD))
        assert [e.depth for e in edges if isinstance(e, ThreadSpawned)] == [1, 2]


async def test_a_thread_that_goes_on_in_another_file_is_read_from_both(codex: CodexHome) -> None:
    base = numbered([meta(1), *turn(1), *turn(2)])
    codex.place(1).parent.mkdir(parents=True)
    codex.place(1).write_bytes(encoded(base))
    upto = encoded(base[:9])
    at = {"thread_id": FIRST, "end_ordinal_exclusive": 9, "end_byte_offset": len(upto)}
    name = codex.place(1).stem + f"_{thread_id(77)}.jsonl"
    newer = numbered([meta(1, history_base=at), *turn(3, "instead")], 9)
    codex.place(1, name=name).write_bytes(encoded(newer))
    async with opened(codex) as host:
        assert (await host.import_codex())["left"] == []
        asked = [one["items"][0]["content"][0]["text"] for one in (await host.read())["turns"]]
        assert asked == ["hello", "instead"]


async def test_a_fork_from_turns_that_were_reverted_later_is_read_from_the_older_file(
    codex: CodexHome,
) -> None:
    base = numbered([meta(1), *turn(1), *turn(2, "taken back")])
    codex.place(1).parent.mkdir(parents=True)
    codex.place(1).write_bytes(encoded(base))
    at = {"thread_id": FIRST, "end_ordinal_exclusive": 9}
    upto = {**at, "end_byte_offset": len(encoded(base[:9]))}
    whole = {**at, "end_ordinal_exclusive": 17, "end_byte_offset": len(encoded(base))}
    newer = numbered([meta(1, history_base=upto), *turn(3, "instead")], 9)
    codex.place(1, name=f"{codex.place(1).stem}_{THIRD}.jsonl").write_bytes(encoded(newer))
    fork = numbered([meta(2, forked_from_id=FIRST, history_base=whole), *turn(4, "forked")], 17)
    codex.place(2).write_bytes(encoded(fork))
    async with opened(codex) as host:
        assert (await host.import_codex())["left"] == []
        for number, wanted in ((1, ["hello", "instead"]), (2, ["hello", "taken back", "forked"])):
            turns = (await host.read(number))["turns"]
            assert [one["items"][0]["content"][0]["text"] for one in turns] == wanted


async def test_an_active_goal_is_imported_on_hold_until_a_client_resumes_the_thread(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.goal(status="active")
    async with opened(codex) as host:
        await host.import_codex()
        goal = goal_of((await host.host.app.logs.stored(FIRST)).state)
        assert goal is not None
        assert (goal.status, goal.objective, goal.is_held) == ("active", "know owls", True)


async def test_archived_threads_stay_archived(codex: CodexHome) -> None:
    codex.add(1, archived=True)
    codex.add(2)
    codex.state([{"id": SECOND, "archived": 1}])
    async with opened(codex) as host:
        await host.import_codex()
        listed = await host.client.call("thread/list", {"archived": True})
        assert {one["id"] for one in listed["data"]} == {FIRST, SECOND}
        await host.client.call("thread/unarchive", {"threadId": FIRST})
        assert len((await host.read(1))["turns"]) == 1


async def test_a_dry_run_reports_the_same_as_an_import_and_changes_nothing(
    codex: CodexHome,
) -> None:
    codex.add(1, [record("hologram", {}), *turn()])
    codex.child(2, 1)
    async with opened(codex) as host:
        dry = await host.import_codex(dry_run=True)
        assert [await host.events(of(FIRST)) for of in (thread_stream, tree_stream)] == [[], []]
        assert await host.import_codex() == dry


async def test_an_exported_import_is_the_same_when_it_is_imported_again(codex: CodexHome) -> None:
    codex.add(1, [*turn(1, "a"), *older_turn(2, "b"), event("thread_rolled_back", num_turns=1)])
    codex.child(2, 1, records=turn(1, "c"))
    codex.state(edges=[(1, 2, "open")])
    async with opened(codex) as host:
        await host.import_codex()
        first = [await host.read(number) for number in (1, 2)]
    exported = CodexHome(codex.folder.parent / "exported")
    await _export(codex.folder.parent / "home", exported.folder)
    assert exported.place(1).exists()
    async with opened(exported, "again") as host:
        assert (await host.import_codex())["left"] == []
        again = [await host.read(number) for number in (1, 2)]

    def compared(thread: dict[str, Any]) -> Any:
        turns = [{**one, "items": [_unnamed(i) for i in one["items"]]} for one in thread["turns"]]
        return {**thread, "turns": turns, "path": None, "historyMode": None}

    def _unnamed(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "id": ""}

    assert [*map(compared, again)] == [*map(compared, first)]


async def _export(home: Path, to: Path) -> None:
    words = ("export", "codex", "--home", str(home), "--to", str(to))
    done = await asyncio.to_thread(run_here, *words)
    assert done.returncode == 0, done.stderr


async def test_clients_get_no_notifications_of_the_past_of_imported_threads(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.goal(status="active")
    async with opened(codex) as host:
        notes = host.client.notifications()
        await host.client.subscribe_events(0)
        await host.import_codex()
        other = await host.client.start_thread()
        heard: list[str] = []
        async for note in notes:
            heard.append(note.method)
            if note.thread_id == other.id:
                break
        assert set(heard) <= {"host/import/progress", "thread/started"}


async def test_a_host_in_memory_imports_only_as_a_dry_run(codex: CodexHome) -> None:
    codex.add(1)
    async with threadhost.open(None) as host, host.connect() as client:
        with pytest.raises(RpcError, match="only `dryRun` makes sense"):
            await client.call(METHOD, {"path": str(codex.folder)})
        looked = await client.call(METHOD, {"path": str(codex.folder), "dryRun": True})
        assert looked["counts"]["imported"] == 1


async def test_an_imported_thread_records_its_program_file_size_and_lines(codex: CodexHome) -> None:
    path = codex.add(1)
    async with opened(codex) as host:
        await host.import_codex()
        [said] = [
            e for e in await host.events(thread_stream(FIRST)) if isinstance(e, ThreadImported)
        ]
        assert (said.program, said.provider, said.lines) == ("codex", "openai", 9)
        assert said.size_bytes == path.stat().st_size
        forked = await host.client.call("thread/fork", {"threadId": FIRST})
        assert forked["thread"]["createdAt"] > AT_MS // 1000 + 1000
