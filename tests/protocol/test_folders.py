"""A folder has one spelling, whatever a client writes, where threads start and where lists look."""

from pathlib import Path

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client

SPELLINGS = ("/srv/b", "//srv/b", "///srv/b", "/srv//b", "/srv/./b", "/srv/b/", "/srv/x/../b")


@pytest.mark.few(3)
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_thread_is_listed_under_every_spelling_of_its_folder(
    client: Client, spelling: str
) -> None:
    thread_id = await start(client, cwd=spelling)
    await talk(client, thread_id)
    for other in SPELLINGS:
        page = await client.ok("thread/list", {"cwd": other})
        assert [(thread["id"], thread["cwd"]) for thread in page["data"]] == [
            (thread_id, "/srv/b")
        ], other
    assert (await client.ok("thread/list", {"cwd": "/srv"}))["data"] == []


@pytest.mark.usefixtures("nowhere")
async def test_threads_start_also_where_the_hosts_folder_is_gone(client: Client) -> None:
    for cwd, found in ((None, "/"), ("b", "/b"), ("/srv/b", "/srv/b")):
        started = await client.ok("thread/start", {"cwd": cwd})
        assert started["cwd"] == found


async def test_a_tilde_is_the_home_folder_of_who_runs_the_host(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/srv/somebody")
    for spelling, folder in (
        ("~", "/srv/somebody"),
        ("~/b/", "/srv/somebody/b"),
        ("/srv/~", "/srv/~"),
        ("~b", f"{Path.cwd()}/~b"),
    ):
        started = await client.ok("thread/start", {"cwd": spelling})
        assert started["cwd"] == folder


async def test_a_folder_that_is_changed_later_has_that_spelling_too(client: Client) -> None:
    thread_id = await start(client, cwd="/elsewhere")
    params = {"threadId": thread_id, "input": [{"type": "text", "text": "hi"}], "cwd": "//srv/b"}
    await client.ok("turn/start", params)
    await client.notice("turn/completed")
    page = await client.ok("thread/list", {"cwd": ["/srv/b/"]})
    assert [thread["id"] for thread in page["data"]] == [thread_id]
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "cwd": "/srv//c"})
    assert resumed["cwd"] in ("/srv/b", "/srv/c")
