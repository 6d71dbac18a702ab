"""The asynchronous SDK `codex-app-server-sdk` drives a real server, over stdio and a websocket."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.served import ASKS, MAY_ASK, QUESTION, script, served

sdk = pytest.importorskip("codex_app_server_sdk", reason="`make test-clients` installs it")

pytestmark = pytest.mark.clients

PROGRAM = Path(sys.executable).parent / "threadhost"
TOKEN = "an owl's secret"
EXPERIMENTAL = {"capabilities": {"experimentalApi": True}}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a host listens that asks for a token."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "token").write_text(TOKEN)
    words = ("--ws-auth", "capability-token", "--ws-token-file", str(folder / "token"))
    with served(folder / "home", *words) as (where, _):
        yield where


def over_stdio(home: Path) -> Any:
    command = [str(PROGRAM), "app-server", "--home", str(home), "--listen", "stdio://"]
    return sdk.CodexClient.connect_stdio(command=command, strict=True)


def over_websocket(address: str, token: str = TOKEN) -> Any:
    return sdk.CodexClient.connect_websocket(url=address, token=token, strict=True)


@pytest.fixture(params=["stdio", "websocket"])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path, address: str
) -> AsyncIterator[Any]:
    """A client over each transport; it says hello by itself."""
    stdio = request.param == "stdio"
    async with over_stdio(tmp_path / "home") if stdio else over_websocket(address) as client:
        yield client


async def test_a_conversation_goes_on_in_the_same_thread(client: Any) -> None:
    first = await client.chat_once("tell of owls")
    second = await client.chat_once("and of wrens", thread_id=first.thread_id)
    assert [first.final_text, second.final_text] == ["tell of owls", "and of wrens"]
    assert {first.completion_source, second.completion_source} == {"item_completed"}
    read = await client.read_thread(first.thread_id)
    assert [turn["id"] for turn in read["thread"]["turns"]] == [first.turn_id, second.turn_id]


async def test_the_steps_of_a_turn_come_one_by_one(client: Any) -> None:
    steps = [step async for step in client.chat(script({"text": "hoo hoo", "deltas": 3}))]
    assert [step.text for step in steps if step.step_type == "codex"] == ["hoo hoo"]


async def test_threads_are_named_listed_forked_archived_and_resumed(client: Any) -> None:
    thread = await client.start_thread(sdk.ThreadConfig(developer_instructions="be kind"))
    await thread.chat_once("tell of owls")
    await thread.set_name("birds")
    fork = await thread.fork()
    assert (await fork.chat_once("and of wrens")).final_text == "and of wrens"
    assert len((await fork.read())["thread"]["turns"]) == 2
    assert len((await thread.read())["thread"]["turns"]) == 1

    await thread.archive()
    listed = await client.list_threads(archived=True, sort_key="updated_at", sort_direction="asc")
    assert [t["name"] for t in listed["data"] if t["id"] == thread.thread_id] == ["birds"]
    await thread.unarchive()
    newest = await client.list_threads(limit=1)
    older = await client.list_threads(limit=1, cursor=newest["nextCursor"])
    assert [t["id"] for t in newest["data"] + older["data"]] == [fork.thread_id, thread.thread_id]
    resumed = await client.resume_thread(thread.thread_id)
    assert (await resumed.chat_once("and of jays")).final_text == "and of jays"


async def test_settings_of_a_thread_and_of_one_turn_are_accepted(client: Any) -> None:
    thread = await client.start_thread()
    await thread.update_defaults(sdk.ThreadConfig(approval_policy="never", sandbox="read-only"))
    overrides = sdk.TurnOverrides(
        effort="low", summary="none", output_schema={"type": "object"}, personality="friendly"
    )
    answer = await thread.chat_once("tell of owls", turn_overrides=overrides)
    assert answer.final_text == "tell of owls"


async def test_a_history_is_compacted_on_request(client: Any) -> None:
    answer = await client.chat_once("tell of owls")
    assert await client.compact_thread(answer.thread_id) == {}


async def test_a_turn_that_goes_silent_is_continued_or_cancelled(client: Any) -> None:
    thread = await client.start_thread()
    with pytest.raises(sdk.CodexTurnInactiveError) as silent:
        await thread.chat_once(script({"text": "so far", "hang": True}), inactivity_timeout=0.2)
    cancelled = await client.cancel(silent.value.continuation)
    assert (cancelled.was_interrupted, cancelled.was_completed) == (True, False)

    with pytest.raises(sdk.CodexTurnInactiveError) as silent:
        await thread.chat_once(script({"text": "at last", "delay_ms": 900}), inactivity_timeout=0.2)
    answer = await client.chat_once(continuation=silent.value.continuation, inactivity_timeout=9)
    assert answer.final_text == "at last"


async def test_a_running_turn_is_steered_and_interrupted(client: Any) -> None:
    thread = await client.start_thread()
    with pytest.raises(sdk.CodexTurnInactiveError) as silent:
        await thread.chat_once(script({"text": "so far", "hang": True}), inactivity_timeout=0.2)
    turn = {"thread_id": thread.thread_id}
    turn_id = silent.value.continuation.turn_id
    more = [{"type": "text", "text": "and of wrens"}]
    steered = await client.steer_turn(**turn, expected_turn_id=turn_id, input_items=more)
    assert steered == {"turnId": turn_id}
    await client.interrupt_turn(turn_id, **turn)
    assert (await thread.chat_once("go on")).final_text == "go on"


async def test_a_question_of_the_model_reaches_the_handler(client: Any) -> None:
    asked = []

    async def answer(request: Any) -> Any:
        asked.append(request.questions[0].question)
        return sdk.UserInputResponse(answers={"bird": sdk.UserInputAnswer(answers=["wren"])})

    client.set_user_input_handler(answer)
    await client.initialize(EXPERIMENTAL)
    thread = await client.start_thread(sdk.ThreadConfig(config=MAY_ASK))
    assert '"wren"' in (await thread.chat_once(ASKS)).final_text
    assert asked == [QUESTION["question"]]


async def test_models_and_configuration_are_returned(client: Any) -> None:
    await client.initialize()
    assert [model["model"] for model in (await client.list_models())["data"]] == ["echo-1"]
    assert (await client.read_config(include_layers=True))["config"]["model"] == "echo-1"
    assert (await client.read_config_requirements())["requirements"] is None


async def test_methods_that_the_host_does_not_offer_are_refused_at_once(client: Any) -> None:
    thread = await client.start_thread()
    await thread.chat_once("tell of owls")
    for refused in (
        thread.rollback(1),
        thread.start_review({"type": "uncommittedChanges"}),
        client.exec_command(["true"]),
        client.write_config_value(key_path="model", value="other"),
        client.batch_write_config([]),
    ):
        with pytest.raises(sdk.CodexProtocolError, match="is not offered by this host") as error:
            await refused
        assert error.value.code == -32601


async def test_a_wrong_token_does_not_get_in(address: str) -> None:
    with pytest.raises(sdk.CodexTransportError):
        await over_websocket(address, token="a wren's secret").start()


async def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with over_stdio(tmp_path / "home") as client:
        before = await client.chat_once("tell of owls")
    async with over_stdio(tmp_path / "home") as client:
        after = await client.chat_once("and of wrens", thread_id=before.thread_id)
        read = await client.read_thread(before.thread_id)
    assert after.final_text == "and of wrens"
    assert len(read["thread"]["turns"]) == 2
