"""The official Python SDK on one home several times at once, with a process of its own each."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from tests.clients.official import config
from tests.clients.official import sdk as codex
from tests.support.program import run_here

pytestmark = [
    pytest.mark.clients,
    # The SDK leaves the pipes of its child process for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def owner(folder: Path) -> int:
    """The process of the host on the home in this folder."""
    return int(json.loads((folder / "home" / "host.lock").read_text())["pid"])


def test_two_clients_on_one_home_see_each_others_threads(tmp_path: Path) -> None:
    with codex.Codex(config(tmp_path)) as one, codex.Codex(config(tmp_path)) as other:
        thread = one.thread_start(cwd=str(tmp_path))
        assert thread.run("said to one").final_response == "said to one"
        assert [t.id for t in other.thread_list().data] == [thread.id]
        own = other.thread_start(cwd=str(tmp_path))
        assert own.run("said to the other").final_response == "said to the other"


def test_a_client_that_leaves_first_does_not_stop_the_host_of_the_other(tmp_path: Path) -> None:
    with codex.Codex(config(tmp_path)) as stays:
        first = owner(tmp_path)
        with codex.Codex(config(tmp_path)) as leaves:
            leaves.thread_start(cwd=str(tmp_path)).run("gone soon")
        assert stays.thread_start(cwd=str(tmp_path)).run("here").final_response == "here"
        assert owner(tmp_path) == first


@pytest.mark.timeout(90)
async def test_ten_clients_go_on_when_their_host_is_killed(tmp_path: Path) -> None:
    clients = [codex.AsyncCodex(config(tmp_path)) for _ in range(10)]
    try:
        for client in clients:
            await client.__aenter__()
        threads = [await client.thread_start(cwd=str(tmp_path)) for client in clients]
        await asyncio.gather(*(thread.run("before") for thread in threads))
        killed = owner(tmp_path)
        os.kill(killed, signal.SIGKILL)
        listed = await asyncio.gather(*(client.thread_list() for client in clients))
        assert [len(page.data) for page in listed] == [10] * 10
        results = await asyncio.gather(*(t.run(f"after {n}") for n, t in enumerate(threads)))
        assert [r.final_response for r in results] == [f"after {n}" for n in range(10)]
        assert owner(tmp_path) != killed
    finally:
        for client in clients:
            await client.__aexit__(None, None, None)
        run_here("daemon", "stop", "--home", str(tmp_path / "home"))
