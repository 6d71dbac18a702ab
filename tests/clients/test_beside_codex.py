"""Random sessions, the same with codex and with this host: both say and tell the same."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.clients.app_server import app_server
from tests.clients.beside import Act, Program, Session
from tests.clients.codex import CODEX, needs_codex
from tests.support.responses_endpoint import ResponsesEndpoint

pytestmark = [pytest.mark.clients, needs_codex, pytest.mark.timeout(120)]

HERE = str(Path(sys.executable).parent / "threadhost")
INFO = {"name": "tests", "title": None, "version": "1"}
SEEDS, ACTS = range(4), 25


@asynccontextmanager
async def program(path: str, folder: Path, url: str) -> AsyncIterator[Program]:
    """One of the two, with this folder for a home."""
    async with app_server(path, folder, url) as process:
        one = Program(process)
        params = {"clientInfo": INFO, "capabilities": {"experimentalApi": True}}
        await one.do("initialize", params, "", ends=True)
        yield one


def differs(theirs: Any, ours: Any) -> bool:
    """Whether they say something else; ours of an error may say more."""
    if isinstance(theirs, str) and isinstance(ours, str):
        return not ours.startswith(theirs)
    return bool(theirs != ours)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_session_goes_as_with_codex(seed: int, tmp_path: Path) -> None:
    async with (
        ResponsesEndpoint() as endpoint,
        program(str(CODEX), tmp_path / "codex", endpoint.base_url) as codex,
        program(HERE, tmp_path / "here", endpoint.base_url) as here,
    ):
        done: list[Act] = []
        for act in Session(Random(seed)).acts(ACTS):
            done.append(act)
            theirs, ours = [await one.do(*act[:3], ends=act.ends) for one in (codex, here)]
            assert not differs(theirs[0], ours[0]), (theirs[0], ours[0], done[-6:])
            assert theirs[1] == ours[1], (theirs[1], ours[1], done[-6:])
