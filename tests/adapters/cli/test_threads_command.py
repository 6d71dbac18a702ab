"""`threadhost threads`: lists, trees, single threads and deletion, on a home without a host."""

import asyncio
import io
import re
import shlex
import sys
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.support.program import run_here, serving
from threadhost.adapters.jsonrpc.models.thread import Thread

UNKNOWN = "01a20000-0000-7000-8000-000000000000"


def test_the_list_shows_names_or_first_words_the_newest_first(
    grown: Grown, command: Command
) -> None:
    lines = command("threads", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == [grown.alone, grown.child, grown.root]
    assert lines[0].endswith("the lonely one")
    assert lines[1].endswith("second words")


def test_control_characters_of_a_client_do_not_reach_the_terminal(command: Command) -> None:
    out = command("threads", "list").out
    assert "\x1b" not in out
    assert "first [bold]words[/bold]" in out


def test_the_list_as_json_holds_the_protocols_threads(grown: Grown, command: Command) -> None:
    document = command("threads", "list", "--limit", "2", "--json").document
    assert document["more"] is True
    assert [Thread.from_wire(t).id for t in document["data"]] == [grown.alone, grown.child]
    assert command("threads", "list", "--search", "lonely", "--json").document["more"] is False


def test_a_thread_is_shown_with_its_turns(grown: Grown, command: Command) -> None:
    out = command("threads", "show", grown.child).out
    assert f"parent   {grown.root}" in out
    assert "branch   a [branch]" in out
    assert "memory   disabled" in out
    assert "agentMessage   second words" in out
    shown = Thread.from_wire(command("threads", "show", grown.child, "--json").document["thread"])
    assert [turn.status for turn in shown.turns] == ["completed"]
    assert len(shown.turns[0].items) == 2


def test_a_failed_turn_is_shown_with_its_error(grown: Grown, command: Command) -> None:
    async def fail() -> None:
        async with threadhost.open(grown.home, model="echo") as host, host.connect() as client:
            await client.call("thread/resume", {"threadId": grown.alone})
            words = '@echo {"steps": [{"fail": {"message": "so\\u001bsorry", "code": "other"}}]}'
            await client.run_turn(grown.alone, words)

    asyncio.run(fail())
    out = command("threads", "show", grown.alone).out
    assert re.search(r"turn [-0-9a-f]+: failed, so.?sorry\n", out)


def test_trees_stand_below_their_roots(grown: Grown, command: Command) -> None:
    lines = command("threads", "tree").out.splitlines()
    assert lines[0].startswith(grown.alone)
    assert lines[1].startswith(grown.root)
    assert lines[2].startswith(f"└─ {grown.child}")
    (node,) = command("threads", "tree", grown.root, "--json").document["data"]
    assert node["edge"] is None
    assert [(c["id"], c["edge"]) for c in node["children"]] == [(grown.child, "open")]


@pytest.mark.slices
def test_a_deletion_prints_the_plan_and_the_deleted_threads(grown: Grown, command: Command) -> None:
    done = command("threads", "delete", grown.root, "--yes")
    assert done.code == 0
    assert "would delete 2 threads (0 live, 0 busy, 0 ephemeral), 2 turns, 4 items" in done.out
    assert done.out.index(f"deleted {grown.child}") < done.out.index(f"deleted {grown.root}")
    assert "2 stored threads (0 missing), 0 ephemeral ones, 2 keys" in done.out
    assert [t["id"] for t in command("threads", "list", "--json").document["data"]] == [grown.alone]


def test_a_deletion_as_json_names_the_deleted_threads_and_the_receipt_in_the_log(
    grown: Grown, command: Command
) -> None:
    document = command("threads", "delete", grown.root, "--yes", "--json").document
    assert [gone["threadId"] for gone in document["deleted"]] == [grown.child, grown.root]
    receipt = command("log", "show", str(document["position"])).out
    assert "tree.deletion_completed.v1" in receipt
    assert document["receipt"]["threads"] == 2
    assert command("threads", "delete", grown.root, "--yes").err == (
        f"threadhost: thread not found: {grown.root}\n"
    )


def test_without_a_terminal_a_deletion_needs_the_option_yes(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    done = command("threads", "delete", grown.root)
    assert (done.code, done.out) == (1, "")
    assert "give --yes" in done.err


@pytest.mark.few(1)
@pytest.mark.parametrize(("answer", "left"), [("y", 1), ("n", 3), ("", 3)])
def test_at_a_terminal_a_deletion_waits_for_the_answer(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
    done = command("threads", "delete", grown.root)
    assert "delete 2 threads for good? [y/N]" in done.err
    assert len(command("threads", "list", "--json").document["data"]) == left
    assert (done.code == 0) == (left == 1)


def test_a_folder_that_is_no_home_is_named_and_not_made(tmp_path: Path, command: Command) -> None:
    missing = tmp_path / "nowhere"
    done = command("threads", "list", "--home", str(missing))
    assert (done.code, done.out) == (1, "")
    why = "is not a host's home, there is no such folder; give another --home, or begin one"
    begin = f"`threadhost threads run new TEXT --home {missing}`"
    assert done.err == f"threadhost: {missing} {why}: {begin}\n"
    assert not missing.exists()


def test_an_invalid_id_of_a_thread_is_a_usage_error_and_an_unknown_id_is_not(
    command: Command,
) -> None:
    none = command("threads", "show", "")
    assert (none.code, none.out) == (2, "")
    assert none.err.startswith(
        "threadhost: THREAD: '' names no thread; give an id that `threads list` prints, or a name"
    )
    unknown = command("threads", "show", UNKNOWN)
    assert unknown.code == 1
    assert f"has no thread {UNKNOWN}" in unknown.err


def test_the_command_in_an_error_message_is_quoted_so_that_it_can_be_run(
    grown: Grown, command: Command, tmp_path: Path
) -> None:
    odd = tmp_path / "an odd home"
    grown.home.rename(odd)
    for given in (str(odd), f"{tmp_path}/./x/..//an odd home"):
        said = command("threads", "show", UNKNOWN, "--home", given).err
        advice = said.split("`")[1]
        assert advice == f"threadhost threads list --home '{odd}'"
        assert command(*shlex.split(advice)[1:]).code == 0


def test_the_command_in_an_error_message_omits_the_default_home(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THREADHOST_HOME")
    monkeypatch.setenv("HOME", str(grown.home.parent))
    grown.home.rename(grown.home.parent / ".threadhost")
    assert "; `threadhost threads list` lists" in command("threads", "show", UNKNOWN).err


@pytest.mark.slices
@pytest.mark.parametrize("scheme", ["ws", "unix"])
def test_a_running_host_carries_out_a_deletion_by_command_and_listing_does_not_disturb_it(
    grown: Grown, scheme: str
) -> None:
    address = "ws://127.0.0.1:0" if scheme == "ws" else f"unix://{grown.home}/s"
    home = ("--home", str(grown.home))
    with serving(grown.home, "--listen", "stdio://", "--listen", address) as host:
        host.initialize()
        host.address()
        assert run_here("threads", "list", *home).returncode == 0
        done = run_here("threads", "delete", grown.root, "--yes", *home)
        assert done.returncode == 0, done.stderr
        assert "error" in host.ask("thread/read", threadId=grown.root)
        assert host.end_input()[0] == 0


@pytest.mark.slices
def test_a_running_host_that_cannot_be_reached_is_named(grown: Grown, command: Command) -> None:
    async def refused() -> str:
        async with threadhost.open(grown.home):
            done = await asyncio.to_thread(
                command, "threads", "delete", grown.root, "--yes", "--home", str(grown.home)
            )
        return done.err

    assert "listens on no socket: use a client of that host, or stop it first" in asyncio.run(
        refused()
    )


WHERE = [("threads", "show"), ("threads", "tree"), ("threads", "delete", "--yes"), ("log", "show")]


def about(words: tuple[str, ...], thread: str) -> tuple[str, ...]:
    """A command line for a thread."""
    return (*words, *(("--thread",) if words[0] == "log" else ()), thread)


@pytest.mark.few(1)
@pytest.mark.parametrize("words", WHERE, ids=" ".join)
def test_a_unique_beginning_of_an_id_selects_the_thread(
    words: tuple[str, ...], grown: Grown, command: Command
) -> None:
    ids = sorted((grown.root, grown.child, grown.alone))
    beginning = next(n for n in range(1, 36) if len({one[:n] for one in ids}) == len(ids))
    done = command(*about(words, grown.alone[:beginning].upper()))
    assert (done.code, done.err) == (0, "")
    assert grown.alone in done.out


@pytest.mark.few(1)
@pytest.mark.parametrize("words", WHERE, ids=" ".join)
def test_an_ambiguous_beginning_of_an_id_lists_the_threads_and_an_unknown_one_is_refused(
    words: tuple[str, ...], grown: Grown, command: Command
) -> None:
    shared = grown.root[:4]
    done = command(*about(words, shared))
    ids = ", ".join(sorted((grown.root, grown.child, grown.alone)))
    assert (done.code, done.out) == (1, "")
    assert done.err == (f"threadhost: {shared} begins the ids of {ids}; give more of one of them\n")
    done = command(*about(words, UNKNOWN[:9]))
    assert f"has no thread {UNKNOWN[:9]}; " in done.err
    assert command("threads", "list").out.count("\n") == 3


@pytest.mark.few(1)
@pytest.mark.parametrize("odd", ["x", "01a2--", "%", "01a2_", "0" * 9, UNKNOWN + "0"])
def test_a_word_that_cannot_begin_an_id_is_looked_up_as_a_name(odd: str, command: Command) -> None:
    done = command("threads", "show", odd)
    assert (done.code, done.out) == (1, "")
    assert f"has no thread {odd}; " in done.err


@pytest.mark.few(1)
@pytest.mark.parametrize("odd", ["", "a\nb", "\x1b[2J", "\u202e"])
def test_a_word_that_can_be_neither_an_id_nor_a_name_is_a_usage_error(
    odd: str, command: Command
) -> None:
    done = command("threads", "show", odd)
    assert (done.code, done.out) == (2, "")
    assert f"THREAD: {odd!r} names no thread; give an id that" in done.err
