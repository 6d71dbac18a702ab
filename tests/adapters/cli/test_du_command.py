"""`threadhost du`: the disk usage by cause, tree and thread."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from threadhost.events.store.blobs import BlobFiles

LARGE = "x" * 100_000


async def say_much(grown: Grown) -> None:
    """A payload that becomes a file, and another that does not."""
    async with threadhost.open(grown.home) as host, host.connect("later") as client:
        await client.run_turn(grown.child, LARGE)
        await client.run_turn(grown.alone, LARGE[:20_000])


def test_disk_usage_is_reported_by_cause_tree_and_thread(grown: Grown, command: Command) -> None:
    (grown.home / "sessions").mkdir()
    asyncio.run(say_much(grown))
    document = command("du", "--json").document
    taken = sum(path.stat().st_size for path in grown.home.rglob("*") if path.is_file())
    of_none = sum(path.stat().st_size for path in grown.home.glob("host.*"))
    of_none += sum(path.stat().st_size for path in grown.home.glob("*-shm"))
    assert document["bytes"] == sum(document["causes"].values())
    assert abs(taken - of_none - document["bytes"]) < 1_000  # of small notes of ours
    for cause in ("logRows", "payloads", "payloadFiles", "views", "keys", "rollouts"):
        assert document["causes"][cause] > 0, cause
    first, second, third = document["threads"]
    assert (first["threadId"], first["payloadFiles"] > 100_000) == (grown.child, True)
    assert first["rollouts"] > 100_000
    assert (second["threadId"], second["payloads"] > 40_000) == (grown.alone, True)
    assert third["threadId"] == grown.root
    tree = document["trees"][0]
    assert (tree["threadId"], tree["threads"]) == (grown.root, 2)
    assert tree["payloadFiles"] == first["payloadFiles"]
    assert document["deleted"]["bytes"] == 0
    assert document["others"]["threads"] == 0


@pytest.mark.slices
def test_files_that_a_host_removes_while_disk_usage_is_measured_are_not_counted(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(say_much(grown))
    before = command("du", "--json").document["causes"]["payloadFiles"]
    listed = Path.iterdir

    def with_what_went(folder: Path) -> Iterator[Path]:
        yield from listed(folder)
        if folder.parent.name == "blobs" or folder.name == "blobs":
            yield folder / "removed"

    monkeypatch.setattr(Path, "iterdir", with_what_went)
    monkeypatch.setattr(os, "walk", lambda root: [(root, [], [f"rollout-t-{grown.root}.jsonl"])])
    done = command("du", "--json")
    assert (done.code, done.document["causes"]["payloadFiles"]) == (0, before)
    assert command("doctor", "--quick").code == 0
    files = BlobFiles(grown.home / "blobs")
    assert files.size(grown.child) == before
    assert files.size(grown.root) == 0


def test_a_rollout_of_a_part_of_a_history_counts_for_its_thread(
    grown: Grown, command: Command
) -> None:
    day = grown.home / "sessions/2026/09/21"
    day.mkdir(parents=True)
    (day / f"rollout-2026-09-21T14-13-20-{grown.root}_{grown.child}.jsonl").write_bytes(b"x" * 50)
    taken = {
        one["threadId"]: one["rollouts"] for one in command("du", "--json").document["threads"]
    }
    assert taken == {grown.root: 50, grown.child: 0, grown.alone: 0}


def test_the_rest_of_deleted_threads_counts_for_no_thread(grown: Grown, command: Command) -> None:
    before = command("du", "--json").document
    command("threads", "delete", grown.root, "--yes")
    after = command("du", "--json").document
    assert [entry["threadId"] for entry in after["threads"]] == [grown.alone]
    assert after["deleted"]["threads"] == 2
    assert 0 < after["deleted"]["bytes"] < before["bytes"]


def test_the_largest_threads_are_shown_with_their_names(grown: Grown, command: Command) -> None:
    lines = command("du", "--by", "thread", "--limit", "3").out.splitlines()
    named = next(line for line in lines if line.startswith(grown.alone))
    assert named.endswith("bytes  the lonely one")
    lines = command("du", "-n", "1").out.splitlines()
    assert [line[:36] for line in lines if line[:8] == grown.root[:8]] == [grown.root]
    assert "  2 threads, " in "\n".join(lines)
    assert "\x1b" not in "\n".join(lines)


def test_a_folder_that_is_no_home_is_refused(grown: Grown, command: Command) -> None:
    done = command("du", "--home", str(grown.home / "blobs"))
    assert (done.code, done.out) == (1, "")
