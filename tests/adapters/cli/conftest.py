"""A home with a small tree in it, made once and copied, and commands run in this process."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.targets import ENGINES, NewTarget, targets
from threadhost.adapters.cli.main import run


@dataclass(frozen=True)
class Grown:
    """A home with a root, a child below it, and a thread of its own."""

    home: Path
    root: str
    child: str
    alone: str


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """What it printed, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Done]


async def grow(home: Path) -> Grown:
    """Make a home with threads in it."""
    async with threadhost.open(home) as host, host.connect("grower") as client:
        root = await client.start_thread(cwd="/tmp")
        child = await client.start_thread(parent_thread_id=root.id)
        alone = await client.start_thread()
        await client.run_turn(root.id, "\x1b[2J first [bold]words[/bold]")
        await client.run_turn(child.id, "second words")
        await client.run_turn(alone.id, "third words")
        await client.set_name(alone.id, "the lonely one")
        git = {"branch": "a\x1b[branch]"}
        await client.call("thread/metadata/update", {"threadId": child.id, "gitInfo": git})
        await client.call("thread/memoryMode/set", {"threadId": child.id, "mode": "disabled"})
    return Grown(home, root.id, child.id, alone.id)


async def rename(grown: Grown, name: str) -> None:
    """Give the thread without relatives another name."""
    async with threadhost.open(grown.home) as host, host.connect("later") as client:
        await client.set_name(grown.alone, name)


@pytest.fixture(scope="session")
def grown_once(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    return asyncio.run(grow(tmp_path_factory.mktemp("grown") / "home"))


@pytest.fixture
def grown(grown_once: Grown, tmp_path: Path) -> Grown:
    """A home of the test's own, with the times of its files: they say that a host closed it."""
    home = tmp_path / "home"
    shutil.copytree(grown_once.home, home)
    return replace(grown_once, home=home)


@pytest.fixture
def command(
    grown: Grown, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.setenv("THREADHOST_HOME", str(grown.home))
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*words: str) -> Done:
        capsys.readouterr()
        code = run(words)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture(params=ENGINES)
def new_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewTarget]:
    """Makes URLs of empty databases, on each engine under test."""
    with targets(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def to(tmp_path: Path) -> str:
    """The URL of an SQLite file, for tests that need only one engine."""
    return f"sqlite:///{tmp_path / 'views.db'}"
