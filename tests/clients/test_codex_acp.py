"""The ACP adapter for codex, between an editor that speaks that protocol and a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.clients.npm_packages import MODULES, WHERE
from tests.clients.served import script
from tests.support.program import environment

ADAPTER = MODULES / ".bin" / "codex-acp"
PROGRAM = Path(sys.executable).parent / "threadhost"
END_S = 10

pytestmark = [pytest.mark.clients, pytest.mark.skipif(not ADAPTER.exists(), reason=WHERE)]


class Editor:
    """What speaks ACP with the adapter."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.updates: list[dict[str, Any]] = []
        self._process = process
        self._folder = {"cwd": str(folder), "mcpServers": []}
        self._numbers = count(1)
        self.ask("initialize", protocolVersion=1, clientCapabilities={})

    def begin(self, method: str, **params: Any) -> int:
        """Send a request without waiting; its id."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        return number

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request, which has to have one."""
        return self.result(self.begin(method, **params))

    def ask_here(self, method: str, **params: Any) -> Any:
        """The result of a request about this folder."""
        return self.ask(method, **self._folder, **params)

    def say(self, session: str, text: str) -> Any:
        """What ends the turn that this prompt begins."""
        prompt = [{"type": "text", "text": text}]
        return self.ask("session/prompt", sessionId=session, prompt=prompt)

    def result(self, number: int) -> Any:
        """The result of the request of this id."""
        while (message := self._hear()).get("id") != number:
            pass
        assert "result" in message, message
        return message["result"]

    def until(self, update: str) -> None:
        """Wait for an update of this kind."""
        while self._hear().get("params", {}).get("update", {}).get("sessionUpdate") != update:
            pass

    def notify(self, method: str, **params: Any) -> None:
        """Tell the adapter something."""
        self._send({"method": method, "params": params})

    def heard(self, update: str) -> str:
        """All text of the updates of this kind so far, which are forgotten with it."""
        updates, self.updates = self.updates, []
        return "".join(u["content"]["text"] for u in updates if u["sessionUpdate"] == update)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it hung up"
        message: dict[str, Any] = json.loads(line)
        if message.get("method") == "session/update":
            self.updates.append(message["params"]["update"])
        return message


@contextmanager
def editor(folder: Path) -> Iterator[Editor]:
    """An editor with an adapter of its own, ended with the block."""
    own = {"HOME": str(folder), "CODEX_HOME": str(folder / "codex"), "NO_BROWSER": "1"}
    process = subprocess.Popen(
        [ADAPTER],
        cwd=folder,
        env=environment(CODEX_PATH=str(PROGRAM), THREADHOST_HOME=str(folder / "home"), **own),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield Editor(process, folder)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(END_S) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)


def test_a_prompt_is_answered_and_one_that_hangs_is_cancelled(tmp_path: Path) -> None:
    with editor(tmp_path) as acp:
        session = acp.ask_here("session/new")["sessionId"]
        assert acp.say(session, "tell of owls")["stopReason"] == "end_turn"
        assert acp.heard("agent_message_chunk") == "tell of owls"
        prompt = [{"type": "text", "text": script({"text": "so far", "hang": True})}]
        hanging = acp.begin("session/prompt", sessionId=session, prompt=prompt)
        acp.until("agent_message_chunk")
        acp.notify("session/cancel", sessionId=session)
        assert acp.result(hanging)["stopReason"] == "cancelled"


def test_a_session_is_loaded_after_a_restart_with_its_history(tmp_path: Path) -> None:
    with editor(tmp_path) as acp:
        session = acp.ask_here("session/new")["sessionId"]
        acp.say(session, "tell of owls")
    with editor(tmp_path) as acp:
        assert [s["sessionId"] for s in acp.ask("session/list")["sessions"]] == [session]
        acp.ask_here("session/load", sessionId=session)
        assert acp.heard("agent_message_chunk") == "tell of owls"
        acp.say(session, "and of wrens")
        assert acp.heard("agent_message_chunk") == "and of wrens"


def test_sessions_are_compacted_forked_closed_and_deleted(tmp_path: Path) -> None:
    with editor(tmp_path) as acp:
        session = acp.ask_here("session/new")["sessionId"]
        acp.say(session, "tell of owls")
        assert acp.say(session, "/compact")["stopReason"] == "end_turn"
        fork = acp.ask_here("session/fork", sessionId=session)["sessionId"]
        acp.ask("session/close", sessionId=fork)
        acp.ask("session/delete", sessionId=session)
        assert [s["sessionId"] for s in acp.ask("session/list")["sessions"]] == [fork]
