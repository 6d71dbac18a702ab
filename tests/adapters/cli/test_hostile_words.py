"""No command prints control characters, whatever clients or other programs wrote."""

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.support.damage import edit, positions
from threadhost.adapters.cli import output
from threadhost.adapters.cli.main import run
from threadhost.adapters.visible import visible, visible_json

pytestmark = pytest.mark.slices

CLEAR = "\x1b[2J\x1b]0;OWNED\x07"
HOSTILE = f"{CLEAR}\x9b2J\x85\x08\r\x7f\u202e\u2066\u200b\u200d\u2028\ufeff\U000e0041words\x00"


async def grow_hostile(home: Path) -> str:
    """Make a home with hostile text in every field of clients; its thread with all of it."""
    async with threadhost.open(home) as host, host.connect(HOSTILE) as client:
        thread = await client.start_thread(cwd=f"/a{HOSTILE}", model=f"m{HOSTILE}")
        child = await client.start_thread(parent_thread_id=thread.id)
        await client.run_turn(thread.id, HOSTILE)
        await client.run_turn(child.id, HOSTILE)
        await client.set_name(thread.id, HOSTILE)
        git = {"branch": HOSTILE, "sha": HOSTILE, "originUrl": HOSTILE}
        await client.call("thread/metadata/update", {"threadId": thread.id, "gitInfo": git})
    return thread.id


@dataclass
class Home:
    """A hostile home."""

    path: Path
    thread: str


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    path = tmp_path / "hostile"
    thread = asyncio.run(grow_hostile(path))
    monkeypatch.setenv("THREADHOST_HOME", str(path))
    monkeypatch.setenv("NO_COLOR", "1")
    return Home(path, thread)


COMMANDS = (
    ("threads", "list"),
    ("threads", "list", "--search", "words"),
    ("threads", "tree"),
    ("threads", "show", "{thread}"),
    ("log", "tail", "-n", "1000"),
    ("log", "show", "--limit", "1000"),
    ("log", "show", "--thread", "{thread}"),
    ("log", "show", "4"),
    ("log", "verify"),
    ("version",),
    ("threads", "delete", "{thread}", "--yes"),
)


def is_printable(text: str) -> bool:
    """Whether a text has only printable characters and line breaks."""
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_no_command_prints_control_characters_of_clients(
    hostile: Home, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    for words in COMMANDS:
        line = [word.format(thread=hostile.thread) for word in words]
        run([*line, *more])
        printed = capsys.readouterr()
        assert printed.out, line
        assert is_printable(printed.out), (line, printed.out)
        assert is_printable(printed.err), (line, printed.err)


def test_json_output_contains_control_characters_escaped(
    hostile: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["threads", "show", hostile.thread, "--json"])
    shown = json.loads(capsys.readouterr().out)["thread"]
    assert shown["name"] == HOSTILE.strip()
    assert shown["turns"][0]["items"][0]["content"][0]["text"] == HOSTILE


COLUMNS = ("stream", "type", "principal", "correlation_id", "causation_id", "recorded_at_ms")


@pytest.mark.parametrize("column", COLUMNS)
def test_no_command_prints_control_characters_that_were_written_into_the_log(
    grown: Grown, command: Command, column: str
) -> None:
    position = positions(grown.home, grown.root, "turn.item%")[0]
    edit(
        grown.home, f"UPDATE events SET {column} = ? || '{CLEAR}' WHERE position = {position}", "x"
    )
    for words in (("log", "show", str(position)), ("log", "tail"), ("log", "verify")):
        for more in ((), ("--json",)):
            done = command(*words, *more)
            assert is_printable(done.out), done.out
            assert is_printable(done.err), done.err


FAILURES = (
    ("threads", "show", f"{HOSTILE}"),
    ("threads", "list", "--home", f"/nowhere/{HOSTILE.replace(chr(0), '')}"),
    ("serve", "--listen", f"ws://{CLEAR}"),
    ("serve", f"--{CLEAR}"),
    ("serve", "--log-level", CLEAR),
    ("schema", "--json", f"/proc/{CLEAR}"),
)


@pytest.mark.parametrize("words", FAILURES, ids=[" ".join(w[:2])[:30] for w in FAILURES])
def test_errors_contain_no_control_characters(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) != 0
    printed = capsys.readouterr()
    assert printed.err
    assert is_printable(printed.out + printed.err), printed.err


def test_control_characters_in_the_refusal_of_a_host_are_escaped(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foreign server may send any text."""

    async def lie(self: object, method: str, params: object = None) -> object:
        from threadhost.adapters.jsonrpc.errors import INTERNAL, RpcError

        raise RpcError(INTERNAL, HOSTILE)

    monkeypatch.setattr("threadhost.adapters.client.connection.Connection.call", lie)
    done = command("threads", "delete", "0193a1b2-0000-7000-8000-00000000000a", "--yes")
    assert done.code == 1
    assert "words" in done.err
    assert is_printable(done.err)


def test_only_the_output_module_writes_to_the_standard_streams() -> None:
    """All other modules call the output module."""
    folder = Path(output.__file__).parent
    for path in folder.glob("*.py"):
        said = path.read_text()
        if path.name not in ("output.py", "reference.py"):
            for way in ("stdout.write", "stderr.write", "print(", "Console("):
                found = re.findall(rf"(?<![\w.]){re.escape(way)}", said.replace("sys.", ""))
                assert not found, f"{path.name} prints by itself: {way}"


def test_control_characters_in_a_text_are_escaped_and_its_line_breaks_kept() -> None:
    assert visible("a\nb") == "a\nb"
    assert visible("a\tb\x1b[2J") == "a b\ufffd[2J"
    assert visible("Grüße 👍") == "Grüße 👍"


def test_escaped_json_is_parsed_to_the_same_value() -> None:
    for text in (HOSTILE, "👍\U000e0041", "plain"):
        document = json.dumps({"a": text}, ensure_ascii=False)
        assert json.loads(visible_json(document)) == {"a": text}
        assert is_printable(visible_json(document))
