"""The documents hold: commands parse, make targets exist, links resolve."""

import asyncio
import functools
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.each import each
from tests.support.program import run_here, serving
from tests.support.targets import rows
from tests.support.watching import WAIT_S
from threadhost.adapters.cli import commands as commands_there_are
from threadhost.events.store.following import ViewSpec, follow_view

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).parent / "threadhost"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

FENCED = re.compile(r"^```(?:console|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LIBRARY = ROOT / "docs" / "eventsourcing.md"
IN_A_SENTENCE = re.compile(r"(?<!`)`threadhost ([^`]+)`(?!`)")
README_ADDRESS = "ws://127.0.0.1:4500"
SHORT_EXAMPLE_LINES = 10
LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
REPLACED = re.compile(r"^Decision (\d+) replaces this decision", re.MULTILINE)
ROW = re.compile(
    r"^\| \[(\d+)\]\((.+?)\) \| (.+?)(?: \(replaced by \[(\d+)\].+\))? \|$", re.MULTILINE
)


def shell_lines(text: str) -> Iterator[str]:
    """Commands in the console blocks: prompts taken off, continued lines joined."""
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.removeprefix("$ ").strip()


def commands(program: str, documents: Iterable[Path] = DOCUMENTS) -> list[list[str]]:
    """The words of every documented command of a program, comments dropped."""
    lines = [line for document in documents for line in shell_lines(document.read_text())]
    return [
        shlex.split(line.removesuffix("&"), comments=True)
        for line in lines
        if line.split(" ")[0] == program
    ]


@functools.cache
def help_of(verbs: tuple[str, ...]) -> tuple[int, str]:
    """Exit code and help text of a verb of the program; wide, so that nothing is cut."""
    done = run_here(*verbs, "--help", COLUMNS="300", TERM="dumb")
    return done.returncode, done.stdout + done.stderr


def anchor(heading: str) -> str:
    """A heading as the fragment that a renderer gives it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_readme_opens_with_the_two_commands_to_try_first() -> None:
    assert commands("make", [ROOT / "README.md"])[:2] == [["make", "demo"], ["make", "test"]]


COMMANDS = dict.fromkeys(map(tuple, commands("threadhost")))


@each("words", COMMANDS, ids=" ".join)
def test_every_documented_command_is_one_the_program_knows(
    words: tuple[str, ...],
) -> None:
    before_options = takewhile(lambda word: not word.startswith("-"), words[1:])
    code, text = help_of(tuple(word for word in before_options if word.islower()))
    assert code == 0, text
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"(?<![\w-]){re.escape(option.split('=')[0])}(?![\w-])", text), option


@each("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_sentence_names_is_one_the_program_knows(document: Path) -> None:
    flags = {
        one.name: {option.flag for option in one.options} for one in commands_there_are.COMMANDS
    }
    for said in IN_A_SENTENCE.findall(document.read_text()):
        words = [word.partition("=")[0] for word in said.split()]
        named = [" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in flags]
        assert named or words[0] in commands_there_are.GROUPS or words[0].startswith("-"), said
        if named:
            options = {word for word in words if word.startswith("--")}
            assert options <= flags[named[0]] | {"--help"}, said


def test_every_documented_make_target_exists_and_is_listed() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    assert listed == set(phony)
    assert {words[1] for words in commands("make")} <= listed


@each("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_resolves(document: Path) -> None:
    for link in LINK.findall(document.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, fragment = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        if fragment:
            headings = {anchor(heading) for heading in HEADING.findall(target.read_text())}
            assert fragment in headings, link


def programs(*documents: Path) -> list[str]:
    """The Python programs of documents."""
    return [block for document in documents for block in PYTHON.findall(document.read_text())]


def embedding(*documents: Path) -> list[str]:
    """Those programs that hold a host themselves."""
    return [program for program in programs(*documents) if "import threadhost" in program]


def test_the_first_example_of_embedding_is_short_and_the_same_in_both_places() -> None:
    (readme,) = embedding(ROOT / "README.md")
    statements = [line for line in readme.splitlines() if line.strip()]
    assert len(statements) <= SHORT_EXAMPLE_LINES
    assert {line.strip() for line in statements} - {"print(end.text)"} <= {
        line.strip() for line in embedding(ROOT / "docs" / "embedding.md")[0].splitlines()
    }


@pytest.mark.few(3)
@pytest.mark.parametrize("program", embedding(*DOCUMENTS))
def test_every_program_that_embeds_a_host_runs(
    program: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "document", "exec"), {"__name__": "__main__"})
    said = capsys.readouterr().out
    shown = ("hello", "thread not loaded", "thread is under legal hold")
    assert any(words in said for words in shown) or "print" not in program


@pytest.fixture
def home_with_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in the working folder, with two threads, one of them named twice."""

    async def grow() -> None:
        async with threadhost.open("home") as host, host.connect() as client:
            await client.start_thread()
            thread = await client.start_thread()
            for name in ("one", "two"):
                await client.set_name(thread.id, name)

    monkeypatch.chdir(tmp_path)
    asyncio.run(grow())
    return tmp_path / "home"


@pytest.mark.usefixtures("home_with_names")
def test_the_projection_of_the_document_is_short_and_runs_on_a_home(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = programs(LIBRARY)[0]
    projection = re.findall(r"^class Threads.*?(?=^\S)", program, re.MULTILINE | re.DOTALL)[0]
    assert len([line for line in projection.splitlines() if line.strip()]) <= SHORT_EXAMPLE_LINES
    exec(compile(program, "document", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "2\n"


def test_the_projection_into_a_database_of_the_document_is_kept(
    home_with_names: Path, tmp_path: Path
) -> None:
    written: dict[str, Any] = {}
    exec(compile(programs(LIBRARY)[1], "document", "exec"), written)
    kept = ViewSpec("of:renames", written["metadata"], "", written["Renames"])
    url = f"sqlite:///{tmp_path / 'names.db'}"
    with follow_view(home_with_names, None, url, kept) as found:
        assert found.wait(WAIT_S, found.head)
    assert [name for (name,) in rows(url, "renames", "name")] == ["one", "two"]


@pytest.mark.slices
def test_the_session_of_the_readme_runs_against_a_served_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (session,) = [text for text in programs(ROOT / "README.md") if README_ADDRESS in text]
    with serving(tmp_path / "home", "--listen", "ws://127.0.0.1:0", "--model", "echo") as host:
        program = session.replace(README_ADDRESS, host.address())
        exec(compile(program, "README.md", "exec"), {})
    assert "'status': 'completed'" in capsys.readouterr().out


def test_the_list_of_decisions_has_the_title_of_each_record_and_what_replaced_it() -> None:
    folder = ROOT / "docs" / "adr"
    heads = {path.name: path.read_text().partition("\n## ")[0] for path in folder.glob("[0-9]*.md")}
    found = {
        name: (head.partition("\n")[0], *REPLACED.findall(head)) for name, head in heads.items()
    }
    listed = ROW.findall((folder / "README.md").read_text())
    assert found == {
        name: (f"# {number} {title}", *filter(None, (successor,)))
        for number, name, title, successor in listed
    }
