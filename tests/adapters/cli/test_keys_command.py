"""`threadhost keys rotate`: its output and its refusals."""

import json
from pathlib import Path

import pytest

import threadhost
from tests.support.program import run_here
from threadhost.events.store.host_key import make_host_key
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.sqlite.keys import BATCH


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home at rest with a thread in it."""
    async with threadhost.open(tmp_path / "h") as host, host.connect() as client:
        await client.start_thread()
    return tmp_path / "h"


async def test_a_rotation_prints_its_counts_and_the_log_is_sound_after_it(home: Path) -> None:
    done = run_here("keys", "rotate", "--home", str(home), "--json")
    assert json.loads(done.stdout) == {
        "wrapping": 2,
        "keys": BATCH,
        "left": 0,
        "wasInterrupted": False,
    }
    assert run_here("log", "verify", "--home", str(home)).returncode == 0
    words = run_here("keys", "rotate", "--home", str(home)).stdout
    assert words == f"{BATCH} keys wrapped by host key number 3\n"


async def test_rotating_a_named_key_file_needs_the_option_for_the_new_file(
    home: Path, tmp_path: Path
) -> None:
    at, key = ("keys", "rotate", "--home", str(home)), tmp_path / "key"
    (home / "host.key").rename(key)
    refused = run_here(*at, "--key-file", str(key))
    assert (refused.returncode, "--key-file needs --new-key-file" in refused.stderr) == (2, True)
    new = tmp_path / "new"
    make_host_key(new)
    said = run_here(*at, "--key-file", str(key), "--new-key-file", str(new)).stdout
    assert f"from now on give --key-file {new}; {key} only opens earlier backups" in said
    tail = run_here("log", "tail", "--home", str(home), "--key-file", str(new))
    assert tail.returncode == 0


async def test_a_home_that_a_host_holds_is_not_rotated(home: Path) -> None:
    lock = HomeLock(home)
    lock.acquire({"pid": 1, "listen": []})
    refused = run_here("keys", "rotate", "--home", str(home))
    lock.release()
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert not (home / "host.key.next").exists()


async def test_a_rotation_of_a_home_whose_files_are_no_databases_is_refused(home: Path) -> None:
    for name in ("keys.db", "threadhost.db"):
        (home / name).write_bytes(b"no database at all" * 100)
        refused = run_here("keys", "rotate", "--home", str(home))
        assert refused.returncode == 1
        assert "file is not a database" in refused.stderr
        assert "Traceback" not in refused.stderr


async def test_a_rotation_names_a_missing_host_key(home: Path) -> None:
    (home / "host.key").unlink()
    refused = run_here("keys", "rotate", "--home", str(home))
    assert refused.returncode == 1
    assert "host.key" in refused.stderr
    assert "Traceback" not in refused.stderr
