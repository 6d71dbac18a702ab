"""One host a home: who is second is told who is first, and nobody waits for the dead."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from threadhost.events.store.errors import HomeLocked
from threadhost.events.store.lock import HomeLock, is_held

HOLDER = """
import sys, os
from pathlib import Path
from threadhost.events.store.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire({"pid": os.getpid()})
lock.note({"pid": os.getpid(), "listen": ["ws://127.0.0.1:4500", "unix:///run/t.sock"]})
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(home: Path) -> subprocess.Popen[str]:
    """Another process that holds the home until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == str(process.pid)
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=10)


def test_a_second_host_is_refused_with_the_name_of_the_first(
    home: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(HomeLocked) as refused:
        HomeLock(home).acquire({"pid": 1})
    assert str(refused.value) == (
        f"{home} is in use by process {holder.pid}"
        " (listening on ws://127.0.0.1:4500, unix:///run/t.sock)"
    )
    assert is_held(home)
    end(holder)


def test_the_lock_of_a_killed_holder_is_free_at_once(
    home: Path, holder: subprocess.Popen[str]
) -> None:
    end(holder)
    assert not is_held(home)
    lock = HomeLock(home)
    lock.acquire({"pid": 1})
    lock.release()


def test_a_released_home_can_be_locked_again(home: Path) -> None:
    first, second = HomeLock(home), HomeLock(home)
    assert not is_held(home)
    first.acquire({"pid": 1})
    with pytest.raises(HomeLocked, match=r"in use by process 1$"):
        second.acquire({"pid": 2})
    first.release()
    first.release()
    assert (home / "host.lock").read_bytes() == b""
    second.acquire({"pid": 2})
    assert is_held(home)
    second.release()
    assert not is_held(home)


def test_checking_whether_a_home_is_locked_changes_nothing(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"\xff", b'{"listen": ["x"]}'])
def test_an_unreadable_lock_note_is_reported_as_another_process(home: Path, note: bytes) -> None:
    lock = HomeLock(home)
    lock.acquire({})
    (home / "host.lock").write_bytes(note)
    with pytest.raises(HomeLocked, match=r"in use by another process$"):
        HomeLock(home).acquire({})
    lock.release()


def test_a_full_disk_does_not_prevent_locking_a_home(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is second is not told who is first; what frees space has to have the home, too."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    lock = HomeLock(home)
    lock.acquire({"pid": 1})
    with pytest.raises(HomeLocked, match="in use by another process"):
        HomeLock(home).acquire({"pid": 2})
    lock.release()
    assert not is_held(home)
