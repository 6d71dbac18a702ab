"""The official Python SDK drives a real server over stdio, before and after a restart."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.clients.official import config
from tests.clients.official import sdk as codex

pytestmark = [
    pytest.mark.clients,
    # The SDK leaves the pipes of its child process for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Anything(BaseModel):
    """The result of a method that the SDK has no function for."""


def sdk(home: Path) -> Any:
    return codex.Codex(config(home.parent))


def again(client: Any, thread_id: str) -> Any:
    """A handle on a stored thread; the SDK itself makes them only by starting or resuming."""
    return codex.Thread(client._client, thread_id)


def delete(client: Any, thread_id: str) -> None:
    client._client.request("thread/delete", {"threadId": thread_id}, response_model=Anything)


def texts(turn: Any) -> list[str]:
    """What was said in a turn, by whomever."""
    said = []
    for item in (item.root for item in turn.items):
        content = getattr(item, "content", None) or []
        said += [part.root.text for part in content]
        said += [item.text] if hasattr(item, "text") else []
    return said


def test_the_handshake_gives_the_sdk_a_version_it_accepts(tmp_path: Path) -> None:
    with sdk(tmp_path / "home") as client:
        assert client.metadata.serverInfo.name == "threadhost"
        assert client.metadata.serverInfo.version.split(".")[0].isdigit()


def test_a_session_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with sdk(home) as client:
        thread = client.thread_start(cwd=str(tmp_path))
        result = thread.run("say it again")
        thread.set_name("kept")
        doomed = client.thread_start(cwd=str(tmp_path))
        doomed.run("soon gone")
        assert {t.id for t in client.thread_list().data} == {thread.id, doomed.id}
        delete(client, doomed.id)
        assert [t.name for t in client.thread_list().data] == ["kept"]
        before = thread.read(include_turns=True).thread
    assert result.status.value == "completed"
    assert result.final_response == "say it again"
    assert result.usage.total.total_tokens > 0

    with sdk(home) as client:
        after = again(client, thread.id).read(include_turns=True).thread
        assert [t.id for t in client.thread_list().data] == [thread.id]
        with pytest.raises(codex.InvalidRequestError, match=f"thread not loaded: {doomed.id}"):
            again(client, doomed.id).read()
        more = again(client, thread.id).run("and once more")
    assert after.name == "kept"
    assert texts(after.turns[0]) == ["say it again", "say it again"]
    assert after.turns == before.turns
    assert more.final_response == "and once more"


def test_no_login_is_needed_and_the_model_of_threads_is_listed(tmp_path: Path) -> None:
    with sdk(tmp_path / "home") as client:
        account, [model] = client.account(), client.models().data
        thread = client.thread_start(cwd=str(tmp_path))
        assert (account.account, account.requires_openai_auth) == (None, False)
        assert (model.model, model.is_default) == (thread.read().thread.model, True)
        for refused in (client.logout, lambda: client.login_api_key("a key")):
            with pytest.raises(codex.MethodNotFoundError, match="the host keeps no accounts"):
                refused()
        assert thread.run("still there").final_response == "still there"


def test_a_turn_streams_its_text_piece_by_piece(tmp_path: Path) -> None:
    with sdk(tmp_path / "home") as client:
        thread = client.thread_start(cwd=str(tmp_path))
        heard = [(n.method, n.payload) for n in thread.turn("one two three four").stream()]
    methods = [method for method, _ in heard]
    pieces = [p.delta for method, p in heard if method == "item/agentMessage/delta"]
    assert "".join(pieces) == "one two three four"
    assert methods[-1] == "turn/completed"
    assert not [p for _, p in heard if type(p).__name__ == "UnknownNotification"]


async def test_the_asynchronous_sdk_runs_turns_side_by_side(tmp_path: Path) -> None:
    async with codex.AsyncCodex(config(tmp_path)) as client:
        threads = [await client.thread_start(cwd=str(tmp_path)) for _ in range(3)]
        results = await asyncio.gather(*(t.run(f"turn {n}") for n, t in enumerate(threads)))
    assert [r.final_response for r in results] == ["turn 0", "turn 1", "turn 2"]
