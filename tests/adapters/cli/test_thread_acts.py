"""`threadhost threads`: commands that change a thread, selected by its name or a part of its id."""

import asyncio
import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.program import COMMAND, environment, run_here, serving
from threadhost.adapters.cli.commands import COMMANDS, GROUPS
from threadhost.adapters.cli.completion import words_after

pytestmark = pytest.mark.slices

NAME = "my thread"
CALLED = {"calls": [{"name": "look", "args": {"q": "the sea"}, "id": "c1"}]}
HANGING = '@echo {"steps": [{"text": "x", "hang": true}]}'
FAILING = '@echo {"steps": [{"text": "x", "fail": {"message": "sorry", "code": "badRequest"}}]}'


async def begun(home: Path) -> None:
    async with threadhost.open(home):
        pass


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one named thread, which has two turns."""
    home = tmp_path_factory.mktemp("acts") / "home"
    asyncio.run(begun(home))
    thread = document("threads", "run", "new", "hello there", home=home)["threadId"]
    document("threads", "rename", thread, NAME, home=home)
    assert document("threads", "run", NAME, "once more", home=home)["text"] == "once more"
    return home


@pytest.fixture
def home(grown: Path, tmp_path: Path) -> Path:
    """A copy of the home, to change."""
    return Path(shutil.copytree(grown, tmp_path / "home"))


def ran(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    done = run_here(*words, "--home", str(home))
    assert "Traceback" not in done.stderr
    return done


def document(*words: str, home: Path) -> Any:
    done = ran(*words, "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def listed(home: Path, *words: str) -> list[str]:
    return [one["id"] for one in document("threads", "list", *words, home=home)["data"]]


def test_threads_run_without_a_thread_names_the_command_that_starts_one() -> None:
    done = run_here("threads", "run")
    assert done.returncode == 2
    right = (
        "give `new` to start one; else a thread, by its id, the beginning of its id, or its name"
    )
    assert done.stderr == f"threadhost: THREAD is missing; {right}\n"


def test_a_new_thread_may_be_the_first_of_its_home_and_its_id_is_on_standard_error(
    tmp_path: Path,
) -> None:
    done = ran("threads", "run", "new", "hello", home=tmp_path / "new")
    [thread] = listed(tmp_path / "new")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr == f"thread {thread}, the first of {tmp_path / 'new'}\n"
    again = ran("threads", "run", "new", "hello", home=tmp_path / "new")
    assert again.stderr == f"thread {listed(tmp_path / 'new')[0]}\n"


def test_interrupting_the_first_turn_of_a_new_thread_leaves_its_id_printed(tmp_path: Path) -> None:
    words = ("threads", "run", "new", HANGING, "--home", str(tmp_path / "new"))
    with subprocess.Popen(
        [*COMMAND, *words], stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stderr is not None
        try:
            name = process.stderr.readline().split()[1].rstrip(",")
            process.send_signal(signal.SIGINT)
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert process.returncode == 130
    assert name in ran("log", "show", "--type", "thread.started", home=tmp_path / "new").stdout


def test_no_home_is_made_in_a_foreign_folder_or_for_a_command_on_an_existing_thread(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine").touch()
    done = ran("threads", "run", "new", "hello", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "is neither empty nor a home: it holds mine" in done.stderr
    for words in (("run", "old", "hello"), ("archive", "new"), ("queue", "new", "hello")):
        done = ran("threads", *words, home=tmp_path / "none")
        assert (done.returncode, (tmp_path / "none").exists()) == (1, False)


def test_an_archived_thread_is_listed_apart_and_can_be_unarchived(home: Path) -> None:
    [thread] = listed(home)
    assert ran("threads", "archive", NAME, home=home).stdout == f"archived {thread}\n"
    assert (listed(home), listed(home, "--archived")) == ([], [thread])
    assert document("threads", "unarchive", thread[:20], home=home) == {"threadId": thread}
    assert (listed(home), listed(home, "--archived")) == ([thread], [])
    done = ran("threads", "list", "--archived", home=home)
    assert done.stderr == "no archived thread is here\n"


def test_a_forked_thread_has_the_history_of_its_source(home: Path) -> None:
    [thread] = listed(home)
    made = document("threads", "fork", NAME, home=home)
    assert made["forkedFromId"] == thread
    assert set(listed(home)) == {thread, made["threadId"]}
    done = ran("threads", "show", made["threadId"], home=home)
    assert "agentMessage   once more" in done.stdout


def test_a_name_of_two_threads_is_refused_as_ambiguous(home: Path) -> None:
    made = document("threads", "fork", NAME, home=home)["threadId"]
    document("threads", "rename", made, NAME, home=home)
    done = ran("threads", "show", NAME, home=home)
    assert done.returncode == 1
    assert f"{NAME} is the name of " in done.stderr
    assert done.stderr.endswith("; give the id of one of them\n")
    missing = ran("threads", "show", "nobody", home=home)
    assert "has no thread nobody; `threadhost threads list --home " in missing.stderr


def test_a_turn_that_fails_has_an_exit_code_of_its_own_and_its_error_is_shown(home: Path) -> None:
    done = ran("threads", "run", NAME, FAILING, home=home)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith("ended as failed: sorry\n")
    shown = ran("threads", "show", NAME, "--limit", "1", home=home).stdout
    assert "... 2 earlier turns; --limit 1 begins here" in shown
    assert "failed, sorry" in shown
    assert "once more" not in shown


def test_interrupting_an_idle_thread_is_refused(home: Path) -> None:
    done = ran("threads", "interrupt", NAME, home=home)
    assert (done.returncode, done.stderr) == (
        1,
        f"threadhost: {listed(home)[0]} has no running turn\n",
    )


def test_threads_run_names_the_servers_that_did_not_start_and_runs_without_them(home: Path) -> None:
    server = '{command = "no-such-program"}'
    (home / "config.toml").write_text(f"mcp_servers.gone = {server}\n")
    said = "the turn went on without MCP server gone: it ended with exit code 127: no-such-program"
    for thread in ("new", NAME):
        done = ran("threads", "run", thread, "hello", home=home)
        assert (done.returncode, done.stdout) == (0, "hello\n")
        assert said in done.stderr
        assert "tries again" not in done.stderr
    (home / "config.toml").write_text("")
    assert ran("threads", "run", NAME, "hello", home=home).stderr == ""


def test_commands_ask_a_running_host_for_its_status_and_its_live_threads(home: Path) -> None:
    [thread] = listed(home)
    with serving(home, "--listen", "ws://127.0.0.1:0") as host:
        address = host.address()
        assert document("threads", "resume", NAME, home=home)["status"] == "idle"
        assert listed(home, "--live") == [thread]
        found = document("status", home=home)
        assert (found["runs"], found["listen"]) == (True, [address])
        assert (found["clients"], found["threads"]["live"]) == (0, 1)
        assert ran("threads", "queue", NAME, "later", home=home).returncode == 0
    done = ran("status", home=home)
    assert (done.returncode, done.stdout.startswith("no host runs on ")) == (3, True)
    assert "no host runs on" in ran("threads", "list", "--live", home=home).stderr


def test_log_show_selects_events_by_type_tree_principal_and_time(home: Path) -> None:
    def kinds(*words: str) -> list[str]:
        lines = ran("log", "show", *words, "--json", home=home).stdout.splitlines()
        return [json.loads(line)["type"] for line in lines]

    everything = kinds()
    assert set(kinds("--type", "thread.renamed")) == {"thread.renamed.v1"}
    assert len(kinds("--type", "turn.", "--type", "thread.")) == sum(
        kind.startswith(("turn.", "thread.")) for kind in everything
    )
    assert 0 < len(kinds("--tree", NAME)) < len(everything)
    assert kinds("--principal", "threadhost-cli")
    assert kinds("--since", "2020-01-01") == everything
    done = ran("log", "show", "--since", "2999-01-01", home=home)
    assert (done.stdout, done.stderr) == ("", "no such event is in the log\n")
    done = ran("log", "show", "--limit", "2", home=home)
    assert done.stderr == "... there is more; --limit 2 ended here, --after 2 goes on\n"
    assert ran("log", "show", "--limit", str(len(everything)), home=home).stderr == ""
    assert ran("log", "show", "--since", "soon", home=home).returncode == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_every_command(shell: str) -> None:
    script = run_here("completion", shell).stdout
    for command in COMMANDS:
        assert command.name.split()[-1] in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("threadhost thr", "threads"),
        ("threadhost threads arch", "archive"),
        ("threadhost threads list --arch", "--archived"),
        ("threadhost serve --log-for", "--log-format"),
        ("threadhost serve --log-format js", "json"),
    ],
)
def test_bash_completes_a_word_that_is_begun(words: str, wanted: str) -> None:
    parts = words.split()
    script = run_here("completion", "bash").stdout
    asked = f"COMP_WORDS=({words}); COMP_CWORD={len(parts) - 1}; _threadhost"
    done = subprocess.run(
        ["bash", "-c", f'{script}\n{asked}; echo "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [wanted]


def test_completion_offers_the_commands_and_options_of_the_table() -> None:
    assert {"threads", "serve", "--version"} <= set(words_after(""))
    assert set(GROUPS) <= set(words_after(""))
    assert "archive" in words_after("threads")
    assert "--archived" in words_after("threads list")
