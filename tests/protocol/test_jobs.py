"""Jobs on the wire: created on a file, looked at, changed, told of, exported and deleted."""

import csv
import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import HANG, script, start, talk
from tests.protocol.test_agents_configured import configured
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST

HANGS = script(HANG).replace("{", "{{").replace("}", "}}")
UNKNOWN = "0199a3b4-5c6d-7e8f-9012-3456789abcde"


def table(folder: Path, rows: int = 3, name: str = "in.csv") -> Path:
    """A file of so many rows."""
    path = folder / name
    path.write_text("city,owls\n" + "".join(f"city {n},{n}\n" for n in range(1, rows + 1)))
    return path


async def created(client: Client, folder: Path, rows: int = 3, **params: Any) -> Message:
    """A job on such a file."""
    thread_id = await start(client, cwd=str(folder))
    table(folder, rows)
    asked = {"threadId": thread_id, "inputPath": "in.csv", "instruction": "Count in {city}"}
    job: Message = (await client.ok("job/create", {**asked, **params}))["job"]
    return job


async def over(client: Client, job: Message) -> Message:
    """The job once it is over."""
    await client.notice("job/completed", jobId=job["id"])
    read: Message = (await client.ok("job/read", {"jobId": job["id"]}))["job"]
    return read


async def test_a_job_is_done_by_the_echo_and_its_rows_are_written(
    each_host: Host, tmp_path: Path
) -> None:
    client = await each_host.client()
    job = await created(client, tmp_path, outputPath="out.csv", idColumn="city", name="owls")
    assert (job["name"], job["totalItems"], job["status"]) == ("owls", 3, "pending")
    done = await over(client, job)
    assert (done["status"], done["completedItems"], done["failedItems"]) == ("completed", 3, 0)
    await client.notice("job/exported", jobId=job["id"])
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item_id"] for row in rows] == ["city 1", "city 2", "city 3"]
    assert [json.loads(row["result_json"]) for row in rows] == [
        {"answer": f"Count in city {n}"} for n in (1, 2, 3)
    ]


async def test_rows_are_listed_with_their_results_in_pages(
    host: Host, client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path, rows=5)
    await over(client, job)
    first = await client.ok("job/items/list", {"jobId": job["id"], "limit": 3})
    of = {"jobId": job["id"], "cursor": first["nextCursor"]}
    rest = await client.ok("job/items/list", of)
    items = [*first["data"], *rest["data"]]
    assert [item["itemId"] for item in items] == [f"row-{n}" for n in range(1, 6)]
    assert (len(first["data"]), rest["nextCursor"]) == (3, None)
    assert items[1] == {
        **items[1],
        "rowIndex": 1,
        "sourceId": None,
        "status": "completed",
        "assignedThreadId": None,
        "attemptCount": 1,
        "lastError": None,
        "row": {"city": "city 2", "owls": "2"},
        "result": {"answer": "Count in city 2"},
    }
    failed = await client.ok("job/items/list", {"jobId": job["id"], "status": "failed"})
    assert failed == {"data": [], "nextCursor": None}


@pytest.mark.slices
async def test_clients_get_the_start_progress_and_end_of_a_job(
    host: Host, client: Client, tmp_path: Path
) -> None:
    other = await host.client()
    job = await created(client, tmp_path)
    await over(other, job)
    begun = await other.notice("job/created", jobId=job["id"])
    assert begun["params"]["threadId"] == job["threadId"]
    last = await other.notice("job/progress", jobId=job["id"], status="completed")
    assert {**last["params"], "jobId": ""} == {
        "jobId": "",
        "status": "completed",
        "totalItems": 3,
        "pendingItems": 0,
        "runningItems": 0,
        "completedItems": 3,
        "failedItems": 0,
        "etaSeconds": 0,
    }


async def test_a_job_is_paused_resumed_cancelled_and_tried_again(
    host: Host, client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path, instruction=HANGS, maxConcurrency=1)
    of = {"jobId": job["id"]}
    assert (await client.ok("job/pause", of))["job"]["paused"] is True
    assert (await client.ok("job/resume", of))["job"]["paused"] is False
    cancelled = (await client.ok("job/cancel", of))["job"]
    assert (cancelled["status"], cancelled["error"]) == ("cancelled", "cancelled by a client")
    refused = await client.refused("job/pause", of)
    assert refused["message"] == f"job {job['id']} is over: it is cancelled"
    again = (await client.ok("job/retry", of))["job"]
    assert (again["status"], again["error"], again["pendingItems"]) == ("running", None, 3)
    await client.ok("job/pause", of)
    assert (await client.ok("job/cancel", of))["job"]["status"] == "cancelled"
    again = (await client.ok("job/retry", of))["job"]
    assert (again["status"], again["paused"]) == ("running", False)
    await client.ok("job/cancel", of)


async def test_jobs_are_listed_the_newest_first(host: Host, client: Client, tmp_path: Path) -> None:
    jobs = [await created(client, tmp_path) for _ in range(3)]
    for job in jobs:
        await over(client, job)
    page = await client.ok("job/list", {"limit": 2})
    rest = await client.ok("job/list", {"cursor": page["nextCursor"]})
    found = [job["id"] for job in (*page["data"], *rest["data"])]
    assert found == [job["id"] for job in reversed(jobs)]
    assert (await client.ok("job/list", {"status": "failed"}))["data"] == []


@pytest.mark.few(1)
@pytest.mark.parametrize("forged", [2**63, 10**30, -1, True, "x", "0-1a2"])
async def test_a_forged_cursor_is_refused(client: Client, tmp_path: Path, forged: object) -> None:
    job = await created(client, tmp_path)
    text = urlsafe_b64encode(json.dumps([forged]).encode()).decode()
    for method, of in (("job/items/list", {"jobId": job["id"]}), ("job/list", {})):
        refused = await client.refused(method, {**of, "cursor": text})
        assert refused["code"] == INVALID_REQUEST
        assert refused["message"].startswith("invalid cursor")
    await over(client, job)


async def test_a_deleted_job_is_gone_and_all_clients_are_notified(
    host: Host, client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path)
    await over(client, job)
    of = {"jobId": job["id"]}
    assert await client.ok("job/delete", of) == {}
    await client.notice("job/deleted", jobId=job["id"])
    for method in ("job/read", "job/cancel", "job/delete", "job/items/list", "job/export"):
        assert (await client.refused(method, of))["message"] == f"job not found: {job['id']}"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"threadId": UNKNOWN}, f"thread not found: {UNKNOWN}"),
        ({"instruction": " "}, "instruction must be non-empty"),
        ({"maxConcurrency": 0}, "max_concurrency must be >= 1"),
        ({"idColumn": "town"}, "id_column town was not found in csv headers"),
    ],
)
async def test_an_invalid_job_is_refused_and_not_created(
    host: Host, client: Client, tmp_path: Path, said: dict[str, Any], words: str
) -> None:
    thread_id = await start(client, cwd=str(tmp_path))
    table(tmp_path)
    asked = {"threadId": thread_id, "inputPath": "in.csv", "instruction": "x", **said}
    assert (await client.refused("job/create", asked))["message"] == words
    assert (await client.ok("job/list", {}))["data"] == []


UNWRITABLE = {
    "outside": ("../out.csv", "it is outside of the working folder {folder}"),
    "nul": ("a\0b.csv", "the path is invalid"),
    "nowhere": ("none/out.csv", "No such file or directory"),
    "a folder": ("folder", "a folder is there"),
    "a folder by its name": ("out/", "it is a folder"),
    "a link": ("link.csv", "a symbolic link is there"),
    "through a link": ("way/out.csv", "way is a symbolic link; give the path that it leads to"),
    "a pipe": ("pipe", "a pipe is there"),
    "a file": ("taken.csv", "it exists; replace it with `force`, or name another file"),
    "a file as a folder": ("taken.csv/out.csv", "Not a directory"),
    "long": ("x" * 300, "File name too long"),
}


@pytest.mark.few(2)
@pytest.mark.parametrize("fault", UNWRITABLE)
async def test_an_output_that_cannot_be_written_is_refused_before_any_row_is_worked_on(
    client: Client, tmp_path: Path, fault: str
) -> None:
    path, words = UNWRITABLE[fault]
    (tmp_path / "folder").mkdir()
    (tmp_path / "way").symlink_to("folder")
    (tmp_path / "link.csv").symlink_to("folder/x")
    (tmp_path / "taken.csv").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    thread_id = await start(client, cwd=str(tmp_path))
    table(tmp_path)
    asked = {"threadId": thread_id, "inputPath": "in.csv", "instruction": "x", "outputPath": path}
    refused = await client.refused("job/create", asked)
    said = words.format(folder=tmp_path)
    assert refused["message"] == f"failed to write csv output {path}: {said}"
    assert (await client.ok("job/list", {}))["data"] == []
    assert (tmp_path / "taken.csv").read_text() == "mine"


async def test_an_existing_output_is_replaced_at_the_end_with_force_only_and_never_the_input(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_text("old")
    job = await created(client, tmp_path, outputPath="out.csv", force=True)
    assert (tmp_path / "out.csv").exists()
    await client.notice("job/exported", jobId=job["id"])
    assert (tmp_path / "out.csv").read_text().startswith("city,owls,job_id")
    asked = {"threadId": job["threadId"], "inputPath": "in.csv", "instruction": "x"}
    same = {**asked, "outputPath": "./x/../in.csv", "force": True}
    refused = await client.refused("job/create", same)
    assert (
        refused["message"]
        == "failed to write ./x/../in.csv: it is the input file; name another file"
    )


async def test_force_holds_until_the_job_wrote_its_file_once(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_text("old")
    job = await created(client, tmp_path, instruction=HANGS, outputPath="out.csv", force=True)
    of = {"jobId": job["id"]}
    assert (await client.ok("job/export", {**of, "outputPath": "early.csv"}))["items"] == 3
    await client.notice("job/exported", **of)
    before = len(client.received)
    await client.ok("job/cancel", of)
    await client.notice("job/exported", before, **of)
    assert (tmp_path / "out.csv").read_text().startswith("city,owls,job_id")
    (tmp_path / "out.csv").write_text("corrected by hand")
    await client.ok("job/retry", of)
    await client.ok("job/cancel", of)
    await client.notice("job/export/failed", **of)
    assert (tmp_path / "out.csv").read_text() == "corrected by hand"


async def test_all_clients_get_the_reason_when_the_rows_could_not_be_written(
    host: Host, client: Client, tmp_path: Path
) -> None:
    other = await host.client()
    job = await created(client, tmp_path, instruction=HANGS, outputPath="out.csv")
    (tmp_path / "out.csv").write_text("somebody was faster")
    await client.ok("job/cancel", {"jobId": job["id"]})
    failed = await other.notice("job/export/failed", jobId=job["id"])
    why = (
        "failed to write csv output out.csv: it exists; replace it with `force`,"
        " or name another file"
    )
    assert failed["params"] == {"jobId": job["id"], "reason": why}
    read = (await client.ok("job/read", {"jobId": job["id"]}))["job"]
    assert (read["exportFailed"], read["exportError"]) == (True, why)


async def test_a_job_repeated_with_its_key_is_created_once_though_its_files_changed(
    client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path, outputPath="out.csv", idempotencyKey="k")
    await client.notice("job/exported", jobId=job["id"])
    (tmp_path / "in.csv").unlink()
    asked = {
        "threadId": job["threadId"],
        "inputPath": "in.csv",
        "instruction": "Count in {city}",
        "outputPath": "out.csv",
        "idempotencyKey": "k",
    }
    assert (await client.ok("job/create", asked))["job"]["id"] == job["id"]
    other = await client.refused("job/create", {**asked, "instruction": "y"})
    assert other["message"] == "idempotency key 'k' was used for a different request"


async def test_a_job_repeated_with_its_key_is_created_once(
    host: Host, client: Client, tmp_path: Path
) -> None:
    first = await created(client, tmp_path, idempotencyKey="k")
    asked = {
        "threadId": first["threadId"],
        "inputPath": "in.csv",
        "instruction": "Count in {city}",
        "idempotencyKey": "k",
    }
    again = (await client.ok("job/create", asked))["job"]
    assert again["id"] == first["id"]
    assert len((await client.ok("job/list", {}))["data"]) == 1
    await over(client, first)


async def test_a_change_of_a_job_repeated_with_its_key_is_answered_though_the_job_is_over_since(
    client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path, instruction=HANGS)
    changes = [
        (name, {"jobId": job["id"], "idempotencyKey": name})
        for name in ("job/pause", "job/resume", "job/cancel", "job/retry")
    ]
    for name, params in changes:
        await client.ok(name, params)
    await client.ok("thread/delete", {"threadId": job["threadId"]})
    done = (await client.ok("job/read", {"jobId": job["id"]}))["job"]
    assert done["status"] == "cancelled"
    for name, params in changes:
        assert (await client.ok(name, params))["job"] == done


async def test_an_export_takes_its_format_from_the_path_and_replaces_a_file_with_force_only(
    host: Host, client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path)
    await over(client, job)
    of = {"jobId": job["id"], "outputPath": "out.jsonl"}
    assert await client.ok("job/export", of) == {"outputPath": "out.jsonl", "items": 3}
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert "out.jsonl" in (await client.refused("job/export", of))["message"]
    assert (await client.ok("job/export", {**of, "force": True}))["items"] == 3


async def test_workers_are_children_of_the_thread_and_name_their_job_as_source(
    host: Host, client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path)
    await over(client, job)
    found = await client.ok("thread/list", {"parentThreadId": job["threadId"]})
    sources = [thread["source"] for thread in found["data"]]
    assert sources == [{"subAgent": {"other": f"agent_job:{job['id']}"}}] * 3


async def test_workers_are_listed_and_searched_by_the_kind_of_their_source(
    client: Client, tmp_path: Path
) -> None:
    job = await created(client, tmp_path)
    await over(client, job)
    child = await start(client, parentThreadId=job["threadId"])
    await talk(client, child, "Count in another city")
    workers = await client.ok("thread/list", {"parentThreadId": job["threadId"]})
    ids = {thread["id"] for thread in workers["data"]} - {child}
    assert len(ids) == 3
    for kinds, expected in (
        (["subAgentOther"], ids),
        (["subAgentOther", "vscode"], ids),
        (["subAgent"], {*ids, child}),
        (["subAgentThreadSpawn", "subAgentOther"], {*ids, child}),
        (["subAgentThreadSpawn"], {child}),
        (["subAgentReview"], set()),
    ):
        listed = await client.ok("thread/list", {"sourceKinds": kinds})
        assert {thread["id"] for thread in listed["data"]} == expected, kinds
        found = await client.ok("thread/search", {"sourceKinds": kinds, "searchTerm": "city"})
        assert {hit["thread"]["id"] for hit in found["data"]} == expected, kinds


@pytest.mark.slices
async def test_the_configured_time_limit_of_a_row_applies_where_the_job_has_none(
    home: Path, tmp_path: Path
) -> None:
    host, client = await configured(home, "[agents]\njob_max_runtime_seconds = 1\n")
    job = await created(client, tmp_path, rows=1, instruction=HANGS, maxAttempts=1)
    assert (await over(client, job))["failedItems"] == 1
    [item] = (await client.ok("job/items/list", {"jobId": job["id"]}))["data"]
    assert item["lastError"] == "worker exceeded max runtime of 1 s"
    await host.stop()
