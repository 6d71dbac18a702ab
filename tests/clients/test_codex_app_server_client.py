"""The SDK `codex-app-server-client` takes `threadhost` for the program that it starts."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.served import ASKS, MAY_ASK, script
from tests.support.program import environment

sdk = pytest.importorskip("codex_app_server_client", reason="`make test-clients` installs the SDK")
threads = pytest.importorskip("codex_app_server_client.types.threads")

PROGRAM = Path(sys.executable).parent / "threadhost"

pytestmark = [
    pytest.mark.clients,
    # The SDK leaves the pipes of its child process for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def started_with(home: Path) -> dict[str, Any]:
    return {"codex_bin": str(PROGRAM), "env": environment(THREADHOST_HOME=str(home))}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """The synchronous SDK."""
    with sdk.SyncCodexAppServer(**started_with(tmp_path / "home")) as server:
        yield server


def hung(server: Any, thread: Any) -> str:
    """The id of a turn that goes on for ever."""
    text = sdk.TextInput(type="text", text=script({"text": "so far", "hang": True}))
    params = sdk.TurnStartParams(thread_id=thread.id, input=[text])
    turn_id: str = server.low_level.turn_start(params).turn.id
    return turn_id


def test_turns_are_run_and_streamed_in_one_thread(server: Any) -> None:
    thread = server.start_thread()
    result = thread.run("tell of owls")
    assert (result.status, result.final_response) == ("completed", "tell of owls")
    assert result.usage.total.total_tokens == 15
    heard = list(thread.run_streamed(script({"text": "one two three", "deltas": 3})))
    pieces = [event.delta for event in heard if isinstance(event, sdk.AgentMessageDeltaEvent)]
    assert "".join(pieces) == "one two three"
    assert isinstance(heard[-1], sdk.TurnCompletedEvent)


async def test_the_asynchronous_half_does_the_same_and_resumes_after_a_restart(
    tmp_path: Path,
) -> None:
    async with sdk.CodexAppServer(**started_with(tmp_path / "home")) as server:
        thread = await server.start_thread()
        assert (await thread.run("tell of owls")).final_response == "tell of owls"
    async with sdk.CodexAppServer(**started_with(tmp_path / "home")) as server:
        resumed = await server.resume_thread(thread.id)
        assert (await resumed.run("and of wrens")).final_response == "and of wrens"
        read = await server.low_level.thread_read(
            sdk.ThreadReadParams(thread_id=thread.id, include_turns=True)
        )
    assert len(read.thread.turns) == 2


def test_threads_are_listed_read_forked_archived_and_compacted(server: Any) -> None:
    low, thread = server.low_level, server.start_thread()
    thread.run("tell of owls")
    low.thread_set_name(thread.id, "birds")
    fork = low.thread_fork(sdk.ThreadForkParams(thread_id=thread.id)).thread.id
    assert {t.id for t in low.thread_list().data} == {thread.id, fork}
    assert set(low.thread_loaded_list().data) == {thread.id, fork}
    low.thread_archive(thread.id)
    assert [t.id for t in low.thread_list().data] == [fork]
    unarchived = low.thread_unarchive(threads.ThreadUnarchiveParams(thread_id=thread.id))
    assert unarchived.thread.id == thread.id
    low.thread_compact_start(threads.ThreadCompactStartParams(thread_id=fork))


def test_a_hanging_turn_is_steered_and_interrupted(server: Any) -> None:
    thread = server.start_thread()
    turn_id = hung(server, thread)
    more = [sdk.TextInput(type="text", text="and of wrens")]
    steer = sdk.TurnSteerParams(thread_id=thread.id, expected_turn_id=turn_id, input=more)
    assert server.low_level.turn_steer(steer).turn_id == turn_id
    stop = sdk.TurnInterruptParams(thread_id=thread.id, turn_id=turn_id)
    assert server.low_level.turn_interrupt(stop) == {}
    assert thread.run("go on").final_response == "go on"


def test_a_question_of_the_model_reaches_the_callback(server: Any) -> None:
    def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"answers": {params["questions"][0]["id"]: {"answers": ["wren"]}}}

    server.low_level.on_server_request("item/tool/requestUserInput", answer)
    thread = server.start_thread(sdk.ThreadStartParams(config=MAY_ASK))
    assert '"wren"' in thread.run(ASKS).final_response


def test_models_account_skills_and_configuration_are_returned(server: Any) -> None:
    low = server.low_level
    assert [model.id for model in low.model_list().data] == ["echo-1"]
    assert low.account_read().account is None
    assert low.config_read().config["model"] == "echo-1"
    assert low.config_requirements_read().requirements is None
    assert [entry.skills for entry in low.skills_list().data] == [[]]
    assert low.mcp_server_status_list().data == []


def test_methods_that_the_host_does_not_offer_are_refused_at_once(server: Any) -> None:
    low, thread = server.low_level, server.start_thread()
    for refused in (
        lambda: low.thread_rollback(sdk.ThreadRollbackParams(thread_id=thread.id, num_turns=1)),
        low.account_logout,
        low.account_rate_limits_read,
        low.apps_list,
        low.experimental_feature_list,
    ):
        with pytest.raises(RuntimeError, match="is not offered by this host"):
            refused()
