"""Deleting threads that have rollout files, by the rules of the seed."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import deleted, start, talk, tree
from tests.protocol.test_rollouts import files_in, followed, kept, path_of  # noqa: F401  (fixture)
from tests.support.client import Client
from tests.support.rollouts import said_in
from tests.support.server import Host
from threadhost.adapters.rollout_path import RolloutPlace, thread_at
from threadhost.adapters.rollouts.folders import RolloutFolders
from threadhost.adapters.rollouts.follower import Follower

Put = Callable[[Path, Path], None]


async def talked(host: Host) -> tuple[Client, list[str], list[Path]]:
    """A root with two children, each with a file."""
    client = await host.client()
    ids = await tree(client, 0, 0)
    for thread_id in ids:
        await talk(client, thread_id)
    await followed(host)
    return client, ids, [await path_of(client, thread_id) for thread_id in ids]


async def test_active_and_archived_files_both_go_before_success(kept: Host) -> None:  # noqa: F811
    client, ids, paths = await talked(kept)
    archived = kept.home / "archived_sessions" / paths[1].name
    archived.parent.mkdir(exist_ok=True)
    archived.write_text("of before")
    elsewhere = kept.home / "sessions/2020/01/02"
    elsewhere.mkdir(parents=True)
    odd = elsewhere / f"rollout-2020-01-02T00-00-00-{ids[2]}.jsonl.zst"
    odd.write_text("of another time")
    sorted_ = kept.home / "archived_sessions/2020/work/old" / paths[2].name
    sorted_.parent.mkdir(parents=True)
    sorted_.write_text("put away by hand")
    (sorted_.parent / "latest").symlink_to(sorted_)
    await client.ok("thread/delete", {"threadId": ids[0]})
    assert files_in(kept.home) == []
    await client.notice("thread/deleted", threadId=ids[0])
    assert deleted(client) == [*sorted(ids[1:], reverse=True), ids[0]]


@pytest.mark.slices
async def test_the_files_of_a_partial_history_are_deleted_with_their_thread_only(
    kept: Host,  # noqa: F811
) -> None:
    client, ids, paths = await talked(kept)
    other = await start(client)
    part = paths[1].with_name(paths[1].name.replace(".jsonl", f"_{other}.jsonl"))
    packed = part.with_name(f"{part.name}.zst")
    archived = kept.home / "archived_sessions" / part.name
    archived.parent.mkdir(exist_ok=True)
    for file in (part, packed, archived):
        file.write_text("what was said after a revert")
    await client.ok("thread/delete", {"threadId": other})
    assert part.exists()
    plan = await client.ok("host/thread/previewDelete", {"threadId": ids[1]})
    assert {f["name"].rpartition("/")[2] for f in plan["files"]} == {
        paths[1].name,
        part.name,
        packed.name,
    }
    await client.ok("thread/delete", {"threadId": ids[0]})
    assert files_in(kept.home) == []


async def test_the_plan_names_the_files_that_will_go(kept: Host) -> None:  # noqa: F811
    client, ids, paths = await talked(kept)
    plan = await client.ok("host/thread/previewDelete", {"threadId": ids[0]})
    assert {f["name"] for f in plan["files"]} == {
        str(path.relative_to(kept.home)) for path in paths
    }


async def test_a_missing_file_counts_as_gone(kept: Host) -> None:  # noqa: F811
    client, ids, paths = await talked(kept)
    paths[1].unlink()
    await client.ok("thread/delete", {"threadId": ids[0]})
    await client.notice("thread/deleted", threadId=ids[0])
    assert len(deleted(client)) == 3


async def test_a_file_alone_is_no_thread(kept: Host) -> None:  # noqa: F811
    client, ids, paths = await talked(kept)
    nobody = ids[0][:-4] + "ffff"
    path = paths[0].with_name(paths[0].name.replace(ids[0], nobody))
    path.touch()
    error = await client.refused("thread/delete", {"threadId": nobody})
    assert error == {"code": -32600, "message": f"thread not found: {nobody}"}
    assert path.exists()


def _link_to_file(path: Path, outside: Path) -> None:
    outside.write_text("precious")
    path.unlink()
    path.symlink_to(outside)


def _link_to_folder(path: Path, outside: Path) -> None:
    path.parent.rename(outside)
    path.parent.symlink_to(outside)


def _folder(path: Path, outside: Path) -> None:
    outside.mkdir()
    path.unlink()
    path.mkdir()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("put", "named", "what"),
    [
        (_link_to_file, False, "a symbolic link"),
        (_link_to_folder, True, "a symbolic link"),
        (_folder, False, "a folder"),
    ],
)
async def test_a_link_or_folder_in_place_of_a_rollout_file_is_refused_before_any_deletion(
    kept: Host,  # noqa: F811
    tmp_path: Path,
    put: Put,
    named: bool,  # noqa: FBT001  (whether the folder is named)
    what: str,
) -> None:
    client, ids, paths = await talked(kept)
    outside = tmp_path / "outside"
    put(paths[2], outside)
    before = sorted(p.name for p in (outside, *outside.rglob("*")))
    error = await client.refused("thread/delete", {"threadId": ids[0]})
    path = paths[2].parent if named else paths[2]
    assert error["code"] == -32600
    assert error["message"].startswith(f"rollout path `{path}` is {what}; ")
    assert sorted(p.name for p in (outside, *outside.rglob("*"))) == before
    assert len(files_in(kept.home)) == (0 if named else 3)
    assert deleted(client) == []
    await talk(client, ids[0])


async def test_a_rollout_file_that_cannot_be_removed_halts_the_deletion_and_a_repeat_goes_on(
    kept: Host,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, ids, paths = await talked(kept)
    first, second = sorted(ids[1:], reverse=True)
    stays = next(path for path in paths if second in path.name)
    remove = RolloutFolders.remove

    def refusing(folders: RolloutFolders, place: RolloutPlace) -> bool:
        if place.name == stays.name:
            raise PermissionError(1, "Operation not permitted")
        return remove(folders, place)

    with monkeypatch.context() as patch:
        patch.setattr(RolloutFolders, "remove", refusing)
        error = await client.refused("thread/delete", {"threadId": ids[0]})
    why = f"failed to delete rollout file `{stays}`: Operation not permitted"
    assert error == {"code": -32603, "message": why}
    assert deleted(client) == [first]
    assert files_in(kept.home) == sorted(p for p in paths if first not in p.name)
    await talk(client, second, "still here")
    await client.ok("thread/delete", {"threadId": ids[0]})
    await client.notice("thread/deleted", threadId=ids[0])
    assert deleted(client) == [first, second, ids[0]]
    assert files_in(kept.home) == []


async def test_a_thread_that_outlives_its_deletion_has_its_file_again(
    kept: Host,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, ids, paths = await talked(kept)
    blobs = kept.running.logs.durable.files

    def refusing(of: str) -> int:
        raise PermissionError(1, "Operation not permitted", f"/blobs/{of}")

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "remove", refusing)
        error = await client.refused("thread/delete", {"threadId": ids[0]})
    assert error["message"].startswith("failed to delete thread: /blobs/")
    assert deleted(client) == []
    await followed(kept)
    assert files_in(kept.home) == sorted(paths)
    assert said_in(paths[1]) == ["hello", "ok"]


async def test_a_rollout_follower_that_lags_opens_no_file_of_a_deleted_thread(
    kept: Host,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await kept.client()
    goes_on, places = asyncio.Event(), list[str]()
    catch_up, opened = Follower.catch_up, RolloutFolders.opened

    async def behind(follower: Follower) -> None:
        await goes_on.wait()
        await catch_up(follower)

    def noted(folders: RolloutFolders, place: RolloutPlace, *, make: bool = False) -> Any:
        places.append(place.name)
        return opened(folders, place, make=make)

    monkeypatch.setattr(Follower, "catch_up", behind)
    monkeypatch.setattr(RolloutFolders, "opened", noted)
    ids = await tree(client, 0, 0)
    for thread_id in ids:
        await talk(client, thread_id)
    await client.ok("thread/delete", {"threadId": ids[0]})
    other = await start(client)
    await talk(client, other)
    goes_on.set()
    await followed(kept)
    assert files_in(kept.home) == [await path_of(client, other)]
    assert {other} == {thread_at(f"/sessions/{name}") for name in places} - {""}


@pytest.mark.slices
async def test_a_deletion_waits_for_a_follower_that_has_a_file_open(
    kept: Host,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await kept.client()
    thread_id = await start(client)
    loop, entered, goes_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    opened = RolloutFolders.opened

    def waiting(folders: RolloutFolders, place: RolloutPlace, *, make: bool = False) -> Any:
        if make:
            loop.call_soon_threadsafe(entered.set)
            assert goes_on.wait(10)
        return opened(folders, place, make=make)

    monkeypatch.setattr(RolloutFolders, "opened", waiting)
    await talk(client, thread_id)
    await entered.wait()
    deleting = asyncio.ensure_future(client.ok("thread/delete", {"threadId": thread_id}))
    for _ in range(100):
        await client.level()
    assert not deleting.done()
    goes_on.set()
    await deleting
    assert files_in(kept.home) == []


async def test_rollout_files_of_an_earlier_configuration_are_deleted_too(home: Path) -> None:
    async with Host(home, settings={"rollouts": "codex"}) as host:
        client = await host.client()
        thread_id = await start(client)
        await talk(client, thread_id)
    assert len(files_in(home)) == 1
    host.settings = {"rollouts": "off"}
    await host.start()
    client = await host.client()
    await client.ok("thread/delete", {"threadId": thread_id})
    assert files_in(home) == []
    await host.stop()
