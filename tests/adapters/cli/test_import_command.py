"""`import codex`: a codex home is imported by the command, or by the host that runs on the home."""

import json
from pathlib import Path

import pytest

from tests.support.codex_home import CodexHome, record, thread_id, turn
from tests.support.program import Serving, run, run_here, serving

NOTHING = {"total": 0, "done": 0, "imported": 0, "unchanged": 0, "left": 0, "keptLines": 0}


@pytest.fixture
def codex(tmp_path: Path) -> CodexHome:
    home = CodexHome(tmp_path / "codex")
    home.add(1)
    home.add(2, [record("hologram", {}), *turn()])
    return home


def import_command(codex: CodexHome, *more: str, home: str = "home") -> tuple[str, ...]:
    """The command that imports the codex home into a home beside it."""
    to = codex.folder.parent / home
    return ("import", "codex", "--from", str(codex.folder), "--home", str(to), *more)


def test_an_import_adds_each_thread_once_and_reports_the_counts(codex: CodexHome) -> None:
    done = run_here(*import_command(codex))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "imported 2 threads of 2; 0 there already, 0 left out",
        "1 line has no meaning here, and is kept unchanged",
    ]
    assert f"{codex.place(2)}:2: its type is not known here" in done.stderr
    again = run_here(*import_command(codex, "--json"))
    counts = {**NOTHING, "total": 2, "done": 2, "unchanged": 2}
    assert json.loads(again.stdout) == {"counts": counts, "left": [], "faults": []}
    listed = run_here("threads", "list", "--home", str(codex.folder.parent / "home"), "--json")
    assert {one["id"] for one in json.loads(listed.stdout)["data"]} == {thread_id(1), thread_id(2)}


def test_a_rollout_that_is_not_imported_is_named_and_changes_the_exit_code(
    codex: CodexHome,
) -> None:
    codex.place(3).write_bytes(b"{}\n")
    done = run_here(*import_command(codex))
    assert done.returncode == 3
    why = "its first line does not name its thread"
    assert f"left out {codex.place(3)}: {why}" in done.stderr


def test_a_dry_run_makes_no_home(codex: CodexHome) -> None:
    done = run_here(*import_command(codex, "--dry-run"))
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "would import 2 threads of 2; 0 there already, 0 left out",
    )
    assert not (codex.folder.parent / "home").exists()


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("more", "code", "fault"),
    [
        ((), 2, "--from"),
        (("--from", "/nowhere"), 1, "/nowhere cannot be opened: No such file or directory"),
        (("--from", "CODEX", "--home", "CODEX"), 1, "--from is the home itself; name another"),
        (("--from", "TMP"), 1, "holds no sessions or archived_sessions; give the home of codex"),
    ],
)
def test_an_import_with_a_bad_source_or_home_fails_and_makes_no_home(
    codex: CodexHome, more: tuple[str, ...], code: int, fault: str
) -> None:
    named = {"CODEX": str(codex.folder), "TMP": str(codex.folder.parent)}
    home = ("--home", str(codex.folder.parent / "home"))
    done = run_here("import", "codex", *home, *(named.get(word, word) for word in more))
    assert done.returncode == code
    assert fault in done.stderr
    assert "Traceback" not in done.stderr
    assert not (codex.folder.parent / "home").exists()


def listed_ids(host: Serving) -> set[str]:
    """The ids of the threads that a host lists."""
    host.initialize()
    return {one["id"] for one in host.ask("thread/list")["result"]["data"]}


@pytest.mark.slices
def test_a_running_host_imports_the_threads_and_keeps_running(codex: CodexHome) -> None:
    home = codex.folder.parent / "home"
    socket = f"unix://{home}/s"
    with serving(home, "--listen", "stdio://", "--listen", socket, "--model", "echo") as host:
        assert listed_ids(host) == set()
        done = run(*import_command(codex))
        assert done.returncode == 0, done.stderr
        listed = host.ask("thread/list")["result"]["data"]
        assert {one["id"] for one in listed} == {thread_id(1), thread_id(2)}
        assert host.end_input()[0] == 0
    assert run("log", "verify", "--home", str(home)).returncode == 0
