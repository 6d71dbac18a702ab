"""The program with clients at stdio and at a port, one of which wants large answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.program import INITIALIZE, Serving, serving

pytestmark = pytest.mark.slices

WORDS = ("--model", "echo:ok", "--listen", "stdio://", "--listen", "ws://127.0.0.1:0")
ANSWER_S = 25


class Lines:
    """The client at stdio; it reads all the time, unless it is paused."""

    def __init__(self, host: Serving) -> None:
        self._host = host
        self._answers: Queue[dict[str, Any]] = Queue()
        self._ends: Queue[str] = Queue()
        self.reads = threading.Event()
        self.reads.set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._host.process.stdout is not None
        for line in self._host.process.stdout:
            self.reads.wait()
            if not line.endswith("\n"):
                return  # it was hung up on in the middle
            message = json.loads(line)
            if message.get("method") == "turn/completed":
                self._ends.put(message["params"]["turn"]["status"])
            elif "method" not in message:
                self._answers.put(message)

    def begin(self, number: int, method: str, **params: Any) -> None:
        self._host.send({"id": number, "method": method, "params": params})

    def answer(self) -> dict[str, Any]:
        return self._answers.get(timeout=ANSWER_S)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.begin(0, method, **params)
        return self.answer()

    def turn(self, thread_id: str, picture_bytes: int) -> None:
        url = "data:image/png;base64," + "A" * picture_bytes
        parts = [{"type": "image", "url": url}, {"type": "text", "text": "look"}]
        assert "result" in self.ask("turn/start", threadId=thread_id, input=parts)
        assert self._ends.get(timeout=ANSWER_S) == "completed"

    def start(self) -> str:
        return str(self.ask("thread/start")["result"]["thread"]["id"])


@contextmanager
def two_clients(home: Path, *words: str) -> Iterator[tuple[Serving, Lines, ClientConnection]]:
    with serving(home, *WORDS, *words) as host, connect(host.address(), max_size=None) as frames:
        lines = Lines(host)
        assert "result" in lines.ask("initialize", **INITIALIZE)
        frames.send(json.dumps({"id": 0, "method": "initialize", "params": INITIALIZE}))
        frames.recv(timeout=10)
        yield host, lines, frames


def is_served(frames: ClientConnection) -> bool:
    frames.send(json.dumps({"id": "list", "method": "thread/list", "params": {"limit": 1}}))
    while (message := json.loads(frames.recv(timeout=10))).get("id") != "list":
        pass
    return "result" in message


def test_seventy_answers_of_a_megabyte_at_once_all_arrive_and_no_other_client_is_disturbed(
    tmp_path: Path,
) -> None:
    with two_clients(tmp_path) as (host, lines, frames):
        threads = [lines.start() for _ in range(70)]
        for thread_id in threads:
            lines.turn(thread_id, 1_000_000)
        for number, thread_id in enumerate(threads):
            lines.begin(number, "thread/read", threadId=thread_id, includeTurns=True)
        answers = [lines.answer() for _ in threads]
        assert sorted(answer["id"] for answer in answers) == list(range(70))
        assert all(len(str(answer["result"])) > 1_000_000 for answer in answers)
        assert is_served(frames)
        assert host.process.poll() is None


def test_an_answer_of_more_than_64_mib_is_refused_as_too_large_and_can_be_read_in_pages(
    tmp_path: Path,
) -> None:
    with two_clients(tmp_path) as (host, lines, frames):
        thread_id = lines.start()
        for _ in range(8):
            lines.turn(thread_id, 9_000_000)
        answer = lines.ask("thread/read", threadId=thread_id, includeTurns=True)
        if "error" in answer:
            assert "`thread/turns/list` and `thread/items/list`" in answer["error"]["message"]
        page = {"threadId": thread_id, "limit": 1, "itemsView": "full"}
        assert len(lines.ask("thread/turns/list", **page)["result"]["data"]) == 1
        assert is_served(frames)
        assert host.process.poll() is None


def test_a_client_at_stdio_that_stops_reading_loses_only_itself(tmp_path: Path) -> None:
    with two_clients(tmp_path, "--slow-reader-timeout", "0.3") as (host, lines, frames):
        thread_id = lines.start()
        lines.turn(thread_id, 1_000_000)
        lines.reads.clear()
        for number in range(20):
            lines.begin(number, "thread/read", threadId=thread_id, includeTurns=True)
        while not any("the client at stdio read nothing" in line for line in host.errors):
            assert is_served(frames)
        for _ in range(10):
            assert is_served(frames)
        assert host.process.poll() is None
        lines.reads.set()
        assert host.process.stdin is not None
        host.process.stdin.close()
        assert host.process.wait(ANSWER_S) == 0
