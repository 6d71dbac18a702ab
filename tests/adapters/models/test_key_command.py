"""A key that a program prints: run off the loop, within limits, once for all waiting calls."""

import asyncio
import errno
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.hosts import eventually, settle
from threadhost.actors.models import ModelFailed
from threadhost.adapters.models import key_command
from threadhost.adapters.models.key_command import OUTPUT_BYTES_MAX, PrintedKey
from threadhost.adapters.models.provider import KeyCommand

pytestmark = pytest.mark.slices

SECRET = "sk-0123456789abcdef"
COUNTING = f'echo x >> runs; printf "{SECRET}-%s" $(wc -l < runs)'


def shell(folder: Path, script: str, **more: int) -> PrintedKey:
    """The key that a shell script prints, which runs in a folder."""
    return PrintedKey("p", KeyCommand("sh", ("-c", script), folder, **more))


async def error_of(key: PrintedKey) -> str:
    """The error for a program that gives no key; it never contains the program's output."""
    with pytest.raises(ModelFailed) as failed:
        await key.current()
    assert (failed.value.code, failed.value.is_transient) == ("unauthorized", False)
    assert SECRET not in failed.value.message
    start = "the key command `sh` of model provider `p` "
    assert failed.value.message.startswith(start)
    return failed.value.message.removeprefix(start)


def in_seconds(seconds: float) -> SimpleNamespace:
    """A clock for the key that is ahead by these seconds; the loop keeps its own."""
    return SimpleNamespace(monotonic=lambda: time.monotonic() + seconds)


def runs(folder: Path) -> int:
    """How often the counting script ran."""
    file = folder / "runs"
    return len(file.read_text().splitlines()) if file.exists() else 0


async def test_white_space_around_a_printed_key_is_removed(tmp_path: Path) -> None:
    key = await shell(tmp_path, f"echo; echo '  {SECRET} '; echo").current()
    assert key.get_secret_value() == SECRET


async def test_the_key_program_is_found_beside_its_folder_and_gets_its_arguments(
    tmp_path: Path,
) -> None:
    program = tmp_path / "print-key"
    program.write_text('#!/bin/sh\nprintf "%s-%s-%s" "$#" "$1" "$(pwd)" | tr " " _')
    program.chmod(0o700)
    key = PrintedKey("p", KeyCommand("./print-key", ("a b", "c"), tmp_path))
    assert await _printed(key) == f"2-a_b-{tmp_path}"


async def _printed(key: PrintedKey) -> str:
    return (await key.current()).get_secret_value()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"echo {SECRET}; exit 3", "failed: exit code 3"),
        (f"echo {SECRET} >&2; exit 1", "failed: exit code 1"),
        (f"echo {SECRET}; kill -TERM $$", "failed: ended by signal 15"),
        ("true", "printed nothing"),
        ("printf ' \\n\\n '", "printed nothing"),
        (f"echo {SECRET} and more", "printed something that is not a key"),
        (f"printf '{SECRET}\\n{SECRET}'", "printed something that is not a key"),
        ("printf '\\377\\376'", "printed something that is not a key"),
        ("printf 'a\\000b'", "printed something that is not a key"),
        (f"yes {SECRET} | head -c 1048576", f"printed more than {OUTPUT_BYTES_MAX} bytes"),
        (f"yes {SECRET}", f"printed more than {OUTPUT_BYTES_MAX} bytes"),
    ],
)
async def test_a_key_program_that_prints_no_key_is_reported_with_its_exit(
    tmp_path: Path, script: str, said: str
) -> None:
    assert await error_of(shell(tmp_path, script)) == said


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command, said in (
        ("no-such-program", "No such file or directory"),
        (str(tmp_path), "Permission denied"),
        ("a\0b", "it holds a NUL character"),
    ):
        with pytest.raises(ModelFailed, match=f"cannot be run: {said}"):
            await PrintedKey("p", KeyCommand(command, cwd=tmp_path)).current()
    missing = PrintedKey("p", KeyCommand("sh", cwd=tmp_path / "gone"))
    with pytest.raises(ModelFailed, match="cannot be run: No such file or directory"):
        await missing.current()


@pytest.mark.parametrize("script", ["exec sleep 60", "exec >&-; sleep 60", "sleep 60 & wait"])
async def test_a_key_program_that_hangs_is_ended_after_its_timeout(
    tmp_path: Path, script: str
) -> None:
    key = shell(tmp_path, f"echo $$ > pid; {script}", timeout_ms=300)
    assert await error_of(key) == "did not end within 300 ms (timeout_ms)"
    pid = int((tmp_path / "pid").read_text())
    await eventually(lambda: not _is_alive(pid))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_that_the_key_program_leaves_behind_does_not_delay_the_key(
    tmp_path: Path,
) -> None:
    key = shell(tmp_path, f"sleep 60 & echo $! > pid; echo {SECRET}", timeout_ms=20_000)
    try:
        async with asyncio.timeout(10):
            assert await _printed(key) == SECRET
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


async def test_the_loop_goes_on_while_the_program_runs(tmp_path: Path) -> None:
    key = shell(tmp_path, f"while ! test -e go; do sleep 0.01; done; echo {SECRET}")
    waiting = asyncio.create_task(key.current())
    await settle()
    (tmp_path / "go").touch()
    assert (await waiting).get_secret_value() == SECRET


async def test_the_key_program_runs_once_for_all_calls_that_wait(tmp_path: Path) -> None:
    key = shell(tmp_path, COUNTING)
    found = await asyncio.gather(*(_printed(key) for _ in range(20)))
    assert set(found) == {f"{SECRET}-1"}
    assert await _printed(key) == f"{SECRET}-1"
    assert runs(tmp_path) == 1


async def test_a_failure_of_the_key_program_fails_all_waiting_calls_and_the_next_call_runs_it_again(
    tmp_path: Path,
) -> None:
    key = shell(tmp_path, "echo x >> runs; exit 1")
    assert set(await asyncio.gather(*(error_of(key) for _ in range(20)))) == {"failed: exit code 1"}
    assert runs(tmp_path) == 1
    await error_of(key)
    assert runs(tmp_path) == 2


async def test_a_printed_key_is_used_for_its_refresh_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shell(tmp_path, COUNTING, refresh_interval_ms=60_000)
    assert await _printed(key) == f"{SECRET}-1"
    monkeypatch.setattr(key_command, "time", in_seconds(50))
    assert await _printed(key) == f"{SECRET}-1"
    monkeypatch.setattr(key_command, "time", in_seconds(61))
    assert await _printed(key) == f"{SECRET}-2"


async def test_a_printed_key_without_an_interval_is_used_until_the_provider_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shell(tmp_path, COUNTING, refresh_interval_ms=0)
    first = await key.current()
    monkeypatch.setattr(key_command, "time", in_seconds(10**6))
    assert await key.current() == first
    assert key.refuse(first)
    assert await _printed(key) == f"{SECRET}-2"
    assert key.refuse(first), "the newer key stays when an older one is refused again"
    assert await _printed(key) == f"{SECRET}-2"
    assert set(key.secrets()) == {f"{SECRET}-1", f"{SECRET}-2"}


async def test_a_call_that_is_cancelled_leaves_the_key_program_to_the_others(
    tmp_path: Path,
) -> None:
    script = f"while ! test -e go; do sleep 0.01; done; {COUNTING}"
    key = shell(tmp_path, script)
    one, other = (asyncio.create_task(key.current()) for _ in range(2))
    await settle()
    one.cancel()
    await settle()
    (tmp_path / "go").touch()
    assert (await other).get_secret_value() == f"{SECRET}-1"
    assert one.cancelled()


async def test_closing_ends_the_program_at_once(tmp_path: Path) -> None:
    key = shell(tmp_path, "echo $$ > pid; exec sleep 60", timeout_ms=50_000)
    waiting = asyncio.create_task(key.current())
    await eventually(lambda: (tmp_path / "pid").exists() and bool(_text(tmp_path / "pid")))
    async with asyncio.timeout(10):
        await key.close()
        with pytest.raises(ModelFailed):
            await waiting
    assert not _is_alive(int(_text(tmp_path / "pid")))
    await key.close()


def _text(path: Path) -> str:
    return path.read_text().strip()


async def test_nothing_of_the_program_reaches_the_streams_of_the_host(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = f"echo {SECRET} >&2; cat; echo {SECRET}"
    assert await _printed(shell(tmp_path, script)) == SECRET
    assert capfd.readouterr() == ("", "")


async def test_a_python_program_is_a_program_like_any(tmp_path: Path) -> None:
    code = f"print('{SECRET}')"
    key = PrintedKey("p", KeyCommand(sys.executable, ("-c", code), tmp_path, timeout_ms=20_000))
    assert await _printed(key) == SECRET


async def test_a_lack_of_descriptors_fails_the_key_program_and_the_next_call_runs_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    key = shell(tmp_path, f"echo {SECRET}")
    with monkeypatch.context() as scarce:
        scarce.setattr("selectors.DefaultSelector", none_left)
        assert await error_of(key) == "cannot be run: Too many open files"
    assert await _printed(key) == SECRET
