"""Files removed from under a running host, and unusable homes: how the program ends."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.program import COMMAND, END_S, Serving, environment, run_here, serving

pytestmark = pytest.mark.slices
STORE_FAILED = 70


def ended(host: Serving) -> tuple[int, str]:
    """How a host ended by itself: its exit code and its errors."""
    code = host.process.wait(timeout=END_S)
    return code, "\n".join(host.errors)


def test_a_host_whose_database_is_removed_acknowledges_nothing_more_and_stops_with_70(
    tmp_path: Path,
) -> None:
    home = tmp_path / "h"
    with serving(home) as host:
        host.initialize()
        host.ask("thread/start", cwd="/tmp")
        for path in home.glob("threadhost.db*"):
            path.unlink()
        for number in range(20):
            host.send({"id": number, "method": "thread/start", "params": {"cwd": "/tmp"}})
        assert host.process.stdout is not None
        said = host.process.stdout.read()
        code, errors = ended(host)
    assert code == STORE_FAILED
    assert '"result"' not in said
    assert "threadhost.db was removed while the host ran" in errors
    assert not list(home.glob("threadhost.db*"))


def test_a_host_whose_lock_is_removed_stops_and_until_then_no_second_host_starts(
    tmp_path: Path,
) -> None:
    home = tmp_path / "h"
    with serving(home, "--listen", "ws://127.0.0.1:0") as host:
        host.address()
        (home / "host.lock").unlink()
        second = run_here("serve", "--home", str(home), "--listen", "ws://127.0.0.1:0")
        assert second.returncode == 1
        assert "is in use by another process" in second.stderr
        code, errors = ended(host)
    assert code == STORE_FAILED
    assert "host.lock was removed while the host ran" in errors
    with serving(home) as again:
        again.initialize()
        assert again.end_input()[0] == 0


def test_a_host_key_that_is_a_pipe_is_refused_in_words(tmp_path: Path) -> None:
    home = tmp_path / "h"
    with serving(home) as host:
        host.initialize()
        host.end_input()
    (home / "host.key").unlink()
    os.mkfifo(home / "host.key")
    done = run_here("serve", "--home", str(home))
    assert done.returncode == 1
    assert "host.key is a pipe" in done.stderr
    assert done.stderr.count("\n") == 1
    elsewhere = run_here("serve", "--home", str(home), "--key-file", str(home / "host.key"))
    assert "host.key is a pipe" in elsewhere.stderr


def test_an_empty_path_of_the_home_or_key_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in ("--home", "--key-file"):
        done = run_here("serve", "--home", str(tmp_path / "h"), word, "")
        words = f"threadhost: {word}: '' is not a path; give one\n"
        assert (done.returncode, done.stderr) == (2, words)
    assert "--home: '' is not a path" in run_here("threads", "list", "--home", "").stderr
    assert list(tmp_path.iterdir()) == []


def test_no_core_dump_is_written_of_a_host(tmp_path: Path) -> None:
    with serving(tmp_path / "h") as host:
        host.initialize()
        limits = Path(f"/proc/{host.process.pid}/limits")
        if not limits.exists():
            pytest.skip("no /proc here")
        (core,) = [line for line in limits.read_text().splitlines() if "core file" in line]
        assert core.split()[4:6] == ["0", "0"]
        # What is not dumpable belongs to root, whoever started it.
        assert limits.with_name("environ").stat().st_uid == 0
        host.end_input()


def test_a_host_can_be_stopped_while_it_opens_its_home(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from threadhost.adapters.cli.main import run\n"
        "from threadhost.adapters import self_check\n"
        "async def long(self):\n"
        "    print('opening', file=sys.stderr, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "self_check.SelfCheck.before_serving = long\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    words = ("serve", "--home", str(tmp_path / "h"))
    process = subprocess.Popen(
        [COMMAND[0], "-c", program, *words],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "opening\n"
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=END_S)
    assert (process.returncode, rest) == (0, "")
