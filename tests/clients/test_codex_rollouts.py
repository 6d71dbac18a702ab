"""Threads of this host as files, in the hands of the codex program."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.clients.codex import CODEX, needs_codex
from tests.support.program import run_here

pytestmark = [pytest.mark.clients, needs_codex]

CONFIG = """
model = "m"
model_provider = "echo"
[model_providers.echo]
name = "echo"
base_url = "http://127.0.0.1:9"
wire_api = "responses"
"""


def asked(folder: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What codex answers to these calls, with this folder for a home."""
    (folder / "config.toml").write_text(CONFIG)
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "CODEX_HOME": str(folder)}
    info = {"clientInfo": {"name": "tests", "version": "1"}}
    results: list[Any] = []
    with subprocess.Popen(
        [str(CODEX), "app-server"],
        env=kept,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for number, (method, params) in enumerate([("initialize", info), *calls]):
            said = json.dumps({"id": number, "method": method, "params": params})
            print(said, file=program.stdin, flush=True)
            answers = map(json.loads, program.stdout)
            answer = next(a for a in answers if a.get("id") == number and "method" not in a)
            assert "result" in answer, answer
            results.append(answer["result"])
        program.stdin.close()
        program.stdout.read()
    return results[1:]


async def test_codex_lists_and_resumes_exported_threads(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "codex"
    folder.mkdir()
    async with threadhost.open(home) as host, host.connect() as client:
        root = await client.start_thread(cwd="/tmp")
        child = await client.start_thread(cwd="/tmp", parent_thread_id=root.id)
        for thread, words in ((root, "tell of owls"), (root, "and of wrens"), (child, "sing")):
            await client.run_turn(thread.id, words)
    assert run_here("export", "codex", "--home", str(home), "--to", str(folder)).returncode == 0
    sources = {"sourceKinds": ["vscode", "subAgentThreadSpawn", "unknown"]}
    listed, resumed = asked(
        folder, ("thread/list", sources), ("thread/resume", {"threadId": root.id})
    )
    assert {t["id"]: t["parentThreadId"] for t in listed["data"]} == {
        root.id: None,
        child.id: root.id,
    }
    turns = resumed["thread"]["turns"]
    said = [
        [item["content"][0]["text"], answer["text"]] for item, answer in (t["items"] for t in turns)
    ]
    assert said == [["tell of owls"] * 2, ["and of wrens"] * 2]
