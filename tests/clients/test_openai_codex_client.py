"""The official SDK's own client below its threads: answers to the server, raw calls, retries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.clients.official import config
from tests.clients.served import ASKS, MAY_ASK, QUESTION, script

client_module = pytest.importorskip("openai_codex.client")

pytestmark = [
    pytest.mark.clients,
    # The SDK leaves the pipes of its child process for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LOOK = {
    "name": "look",
    "description": "Look somewhere.",
    "inputSchema": {"type": "object", "properties": {"where": {"type": "string"}}},
}
LOOKS = script(
    {"calls": [{"name": "look", "args": {"where": "north"}}]}, {"text": "I see {output}"}
)


class Loaded(BaseModel):
    """The result of a method that the SDK has no function for."""

    data: list[str]


@contextmanager
def client(folder: Path, answer: Callable[[str, Any], Any] | None = None) -> Iterator[Any]:
    """The client, its handshake done, with what answers the requests of the server."""
    with client_module.CodexClient(config(folder), approval_handler=answer) as client:
        client.initialize()
        yield client


def last_words(client: Any, thread_id: str, text: str) -> str:
    """What the model says at the end of a turn."""
    turn_id = client.turn_start(thread_id, text).turn.id
    completed = client.wait_for_turn_completed(turn_id)
    words: str = completed.turn.items[-1].root.text
    return words


def test_a_tool_of_the_client_is_called_for_the_model(tmp_path: Path) -> None:
    def look(method: str, params: Any) -> Any:
        seen = f"{params['tool']} {params['arguments']['where']}"
        return {"contentItems": [{"type": "inputText", "text": seen}], "success": True}

    with client(tmp_path, look) as server:
        thread = server.thread_start({"dynamicTools": [LOOK]}).thread.id
        assert last_words(server, thread, LOOKS) == "I see look north"


def test_a_question_of_the_model_reaches_the_handler(tmp_path: Path) -> None:
    def answer(method: str, params: Any) -> Any:
        assert params["questions"][0]["question"] == QUESTION["question"]
        return {"answers": {QUESTION["id"]: {"answers": ["wren"]}}}

    with client(tmp_path, answer) as server:
        thread = server.thread_start({"config": MAY_ASK}).thread.id
        assert '"wren"' in last_words(server, thread, ASKS)


def test_text_is_streamed_and_other_methods_are_called_raw(tmp_path: Path) -> None:
    with client(tmp_path) as server:
        thread = server.thread_start().thread.id
        pieces = server.stream_text(thread, script({"text": "one two three", "deltas": 3}))
        assert "".join(piece.delta for piece in pieces) == "one two three"
        loaded = server.request_with_retry_on_overload(
            "thread/loaded/list", {}, response_model=Loaded
        )
        assert loaded.data == [thread]


def test_a_goal_is_one_operation_from_its_start_to_its_end(tmp_path: Path) -> None:
    """It insists on a thread that has a path, and waits for turns that the host begins."""
    ends = {"calls": [{"name": "update_goal", "args": {"status": "complete"}}]}
    objective = script({"text": "one owl"}, ends, {"text": "two owls"})
    with client(tmp_path) as server:
        thread = server.thread_start().thread.id
        state, first = server.start_goal_operation(thread, objective)
        seen: list[str] = []
        while not (state.is_finished() and seen[-1:] == ["turn/completed"]):
            seen.append(server.next_goal_notification(state).method)
        assert state.logical_turn_id == first
        assert state.status.value == "complete"
        assert seen.count("turn/completed") == 2
        last = [name for name in seen if name in ("thread/goal/updated", "turn/completed")][-2:]
        assert last == ["thread/goal/updated", "turn/completed"]


def test_a_goal_is_set_paused_and_cleared(tmp_path: Path) -> None:
    with client(tmp_path) as server:
        thread = server.thread_start().thread.id
        hangs = script({"hang": True})
        assert server.thread_goal_set(thread, objective=hangs).goal.status.value == "active"
        assert server.pause_goal(thread).goal.status.value == "paused"
        assert server.thread_goal_clear(thread).cleared is True
        assert server.thread_goal_clear(thread).cleared is False
