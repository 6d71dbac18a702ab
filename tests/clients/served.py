"""A host that serves, and a second client of it that looks at what the first one did."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.program import Serving, serving

INITIALIZE = {
    "clientInfo": {"name": "other", "version": "1"},
    "capabilities": {"experimentalApi": True},
}


def script(*steps: dict[str, Any]) -> str:
    """A prompt that makes the offline model take these steps."""
    return "@echo " + json.dumps({"steps": steps})


QUESTION: dict[str, Any] = {
    "id": "bird",
    "header": "Bird",
    "question": "Which one is it?",
    "options": [
        {"label": "owl", "description": "hoots"},
        {"label": "wren", "description": "sings"},
    ],
}
ASKS = script(
    {"calls": [{"name": "request_user_input", "args": {"questions": [QUESTION]}}]},
    {"text": "you chose {output}"},
)
MAY_ASK = {"features": {"default_mode_request_user_input": True}}


class Other:
    """The second client, over the host's stdio."""

    def __init__(self, host: Serving) -> None:
        self._host = host
        self.ask("initialize", **INITIALIZE)

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request, which has to have one."""
        answer = self._host.ask(method, **params)
        assert "result" in answer, answer
        return answer["result"]

    def until(self, method: str, **params: Any) -> None:
        """Wait for a notification of this method that holds these params."""
        stdout = self._host.process.stdout
        assert stdout is not None
        for line in stdout:
            message = json.loads(line)
            if message.get("method") == method and params.items() <= message["params"].items():
                return
        raise AssertionError(f"it hung up: {self._host.errors}")

    def thread(self, *said: str, name: str) -> str:
        """The id of a new thread in which this was said, a turn each."""
        thread_id: str = self.ask("thread/start")["thread"]["id"]
        for text in said:
            self.say(thread_id, text)
        self.ask("thread/name/set", threadId=thread_id, name=name)
        return thread_id

    def say(self, thread_id: str, text: str) -> None:
        """A whole turn of a thread."""
        self.ask("turn/start", threadId=thread_id, input=[{"type": "text", "text": text}])
        self.until("turn/completed", threadId=thread_id)

    def listed(self, **params: Any) -> dict[str, str | None]:
        """The threads that are listed, names by ids."""
        return {t["id"]: t["name"] for t in self.ask("thread/list", **params)["data"]}

    def answers(self, thread_id: str) -> list[str]:
        """What the models said in a thread."""
        return [item["text"] for turn in self.turns(thread_id) for item in said(turn)]

    def turns(self, thread_id: str) -> list[dict[str, Any]]:
        """The turns of a thread."""
        read = self.ask("thread/read", threadId=thread_id, includeTurns=True)
        turns: list[dict[str, Any]] = read["thread"]["turns"]
        return turns


def said(turn: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of models in a turn."""
    return [item for item in turn["items"] if item["type"] == "agentMessage"]


@contextmanager
def served(home: Path, *words: str) -> Iterator[tuple[str, Other]]:
    """A host's websocket address, and the second client of it."""
    listen = ("--listen", "ws://127.0.0.1:0", "--listen", "stdio://")
    with serving(home, *listen, *words) as host:
        yield host.address(), Other(host)
