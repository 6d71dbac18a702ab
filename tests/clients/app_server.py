"""Codex, or this host in its place, as clients start it."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

CONFIG = """
model = "mock-model"
approval_policy = "never"
sandbox_mode = "read-only"
model_provider = "mock"
[model_providers.mock]
name = "Mock"
base_url = "{url}"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[analytics]
enabled = false
"""
HOMES = ("HOME", "CODEX_HOME", "THREADHOST_HOME")
LINE_BYTES_MAX = 2**26


@asynccontextmanager
async def app_server(path: str, folder: Path, url: str) -> AsyncIterator[Process]:
    """The program there, with this folder for a home and a model at `url`, until it has ended."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240
    (folder / "config.toml").write_text(CONFIG.format(url=url))
    process = await asyncio.create_subprocess_exec(
        *(path, "app-server"),
        env={"PATH": os.environ["PATH"], **dict.fromkeys(HOMES, str(folder))},
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=LINE_BYTES_MAX,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
