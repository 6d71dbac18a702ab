"""What the official Python SDK does with threads and their surroundings, in both its halves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.official import config, sdk
from tests.clients.served import script

pytestmark = [
    pytest.mark.clients,
    # The SDK leaves the pipes of its child process for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

HANGS = script({"text": "so far", "hang": True})


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    """The synchronous half, with an empty home."""
    with sdk.Codex(config(tmp_path)) as client:
        yield client


def deltas(turn: Any) -> Iterator[str]:
    return (n.payload.delta for n in turn.stream() if n.method == "item/agentMessage/delta")


def test_a_thread_is_forked_archived_brought_back_and_resumed(client: Any) -> None:
    thread = client.thread_start(developer_instructions="be kind", service_name="tests")
    thread.run("tell of owls")
    thread.set_name("birds")
    fork = client.thread_fork(thread.id, include_turns=False)
    assert fork.run("and of wrens").final_response == "and of wrens"
    assert len(fork.read(include_turns=True).thread.turns) == 2
    client.thread_archive(thread.id)
    assert [t.id for t in client.thread_list(archived=True).data] == [thread.id]
    assert [t.id for t in client.thread_list().data] == [fork.id]
    assert client.thread_unarchive(thread.id).id == thread.id
    resumed = client.thread_resume(thread.id, include_turns=False, model="other-model")
    assert resumed.run("and of jays").final_response == "and of jays"
    assert {t.id for t in client.thread_list(search_term="birds").data} == {thread.id, fork.id}


def test_lists_are_paged_sorted_and_narrowed(client: Any, tmp_path: Path) -> None:
    threads = [client.thread_start() for _ in range(3)]
    for number, thread in enumerate(threads):
        thread.run(f"number {number}")
    ids = [thread.id for thread in threads]
    oldest = client.thread_list(limit=2, sort_key="created_at", sort_direction="asc")
    rest = client.thread_list(
        limit=2, sort_key="created_at", sort_direction="asc", cursor=oldest.next_cursor
    )
    assert [t.id for t in oldest.data + rest.data] == ids
    assert client.thread_list(cwd=str(tmp_path / "elsewhere")).data == []
    assert client.thread_list(model_providers=["nobody"]).data == []
    assert len(client.thread_list(model_providers=["echo"], source_kinds=["vscode"]).data) == 3


def test_an_ephemeral_thread_answers_and_is_not_listed(client: Any) -> None:
    thread = client.thread_start(ephemeral=True)
    assert thread.run("tell of owls").final_response == "tell of owls"
    assert client.thread_list().data == []


def test_a_turn_takes_settings_of_its_own(client: Any, tmp_path: Path) -> None:
    result = client.thread_start(sandbox=sdk.Sandbox.workspace_write).run(
        "tell of owls",
        approval_mode=sdk.ApprovalMode.deny_all,
        cwd=str(tmp_path),
        effort="low",
        model="other-model",
        output_schema={"type": "object"},
        personality="friendly",
        sandbox=sdk.Sandbox.read_only,
        source="a test",
        turn_service_tier="flex",
    )
    assert result.final_response == "tell of owls"


def test_a_turn_takes_texts_images_mentions_and_messages_from_outside(client: Any) -> None:
    thread = client.thread_start()
    result = thread.run(
        [
            sdk.TextInput("tell of owls"),
            sdk.ImageInput("data:image/png;base64,iVBORw0KGgo="),
            sdk.MentionInput("owls", "app://owls"),
            sdk.SkillInput("hoot", "/skills/hoot/SKILL.md"),
        ]
    )
    assert result.final_response.startswith("tell of owls")
    outside = thread.run(sdk.ExternalMessage("mail", "an owl has landed"))
    assert outside.final_response == "<external_mail>an owl has landed</external_mail>"


def test_a_hanging_turn_is_steered_and_interrupted(client: Any) -> None:
    thread = client.thread_start()
    turn = thread.turn(HANGS)
    assert next(deltas(turn)) == "so far"
    assert turn.steer("and of wrens").turn_id == turn.id
    with pytest.raises(sdk.InvalidRequestError, match="expected active turn id"):
        sdk.TurnHandle(thread._client, thread.id, "another").steer("too late")
    again = sdk.TurnHandle(thread._client, thread.id, turn.id)
    again.interrupt()
    assert again.run().status.value == "interrupted"
    assert thread.run("go on").final_response == "go on"


def test_a_failing_turn_says_why(client: Any) -> None:
    turn = client.thread_start().turn(script({"fail": {"message": "no owls today"}}))
    with pytest.raises(RuntimeError, match="no owls today"):
        turn.run()


def test_a_history_is_compacted_on_request(client: Any) -> None:
    thread = client.thread_start()
    thread.run("tell of owls")
    thread.compact()
    while thread.read().thread.status.root.type == "active":
        pass  # the SDK returns when the compaction has begun
    assert thread.run("and of wrens").final_response == "and of wrens"


def test_models_and_the_account_are_returned(client: Any) -> None:
    assert [m.model for m in client.models(include_hidden=True).data if m.is_default] == ["echo-1"]
    account = client.account(refresh_token=True)
    assert (account.account, account.requires_openai_auth) == (None, False)


def test_methods_that_the_host_does_not_offer_are_refused_at_once(client: Any) -> None:
    for refused in (
        client.logout,
        client.login_chatgpt,
        client.login_chatgpt_device_code,
        lambda: client.login_api_key("none"),
    ):
        with pytest.raises(sdk.MethodNotFoundError, match="is not offered by this host"):
            refused()


async def test_the_asynchronous_half_does_the_same(tmp_path: Path) -> None:
    async with sdk.AsyncCodex(config(tmp_path)) as client:
        thread = await client.thread_start()
        assert (await thread.run("tell of owls")).final_response == "tell of owls"
        await thread.set_name("birds")
        turn = await thread.turn(HANGS)
        await turn.steer("and of wrens")
        await turn.interrupt()
        assert (await turn.run()).status.value == "interrupted"
        fork = await client.thread_fork(thread.id)
        assert len((await fork.read(include_turns=True)).thread.turns) == 2
        await client.thread_archive(thread.id)
        await client.thread_unarchive(thread.id)
        resumed = await client.thread_resume(thread.id)
        assert (await resumed.read()).thread.name == "birds"
        await resumed.compact()
        assert {t.id for t in (await client.thread_list()).data} == {thread.id, fork.id}
        assert len((await client.models()).data) == 1
        assert (await client.account()).account is None
        with pytest.raises(sdk.MethodNotFoundError, match="is not offered by this host"):
            await client.logout()
