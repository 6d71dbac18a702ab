"""`threadhost memory`, on a home that no host runs on."""

import asyncio
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command

CONFIG = "[features]\nmemories = true\n[memories]\nmin_rollout_idle_hours = 0\n"
SAID = "The user said: I like owls"


async def remember(home: Path) -> str:
    """Make a note of a new thread; the thread's id."""
    async with threadhost.open(home) as host, host.connect("teller") as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "I like owls")
        async with asyncio.timeout(10):
            while not (await client.call("host/memory/read", {}))["text"]:
                continue
    return str(thread.id)


@pytest.fixture
def remembering(tmp_path: Path) -> tuple[Path, str]:
    """A home with a note of a thread."""
    home = tmp_path / "remembering"
    home.mkdir()
    (home / "config.toml").write_text(CONFIG)
    return home, asyncio.run(remember(home))


@pytest.mark.slices
def test_memory_show_prints_the_notes_and_memory_reset_deletes_them(
    remembering: tuple[Path, str], command: Command
) -> None:
    home, thread_id = remembering
    at = ("--home", str(home))
    assert command("memory", "show", *at).out == f"{SAID}\n"
    assert command("memory", "show", thread_id[:30], *at).out == f"{SAID}\n"
    document = {"text": SAID, "threads": 1, "note": None, "states": {"noted": 1}}
    assert command("memory", "show", *at, "--json").document == document
    refused = command("memory", "reset", *at)
    assert (refused.code, refused.out) == (1, "")
    assert "give --yes" in refused.err
    assert command("memory", "reset", *at, "--yes").out == "forgotten: 1 noted\n"
    assert command("memory", "show", *at).out == ""
    assert command("memory", "show", *at).err == "nothing is remembered\n"
    assert command("memory", "reset", *at, "--yes", "--json").document == {"forgotten": {}}
