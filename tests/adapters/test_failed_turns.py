"""A failed turn is logged once for the operator, without the words of any user or model."""

from pathlib import Path

import pytest

import threadhost
from tests.support.edited_home import log_text
from tests.support.operator_lines import logged_line

FAILURE = '{"steps": [{"text": "answer", "fail": {"message": "sorry", "code": "badRequest"}}]}'
WORDS = f"precious\n@echo {FAILURE}"


@pytest.mark.parametrize("ephemeral", [None, True], ids=["stored", "in memory"])
async def test_a_failed_turn_is_logged_in_one_line_with_its_ids_and_its_code(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, *, ephemeral: bool | None
) -> None:
    async with threadhost.open(tmp_path, model="echo") as host, host.connect() as client:
        thread = (await client.start_thread(ephemeral=ephemeral)).id
        await client.run_turn(thread, "hello")
        assert log_text(caplog) == ""
        turn = (await client.run_turn(thread, WORDS)).turn
        assert turn.status == "failed"
    assert log_text(caplog) == f"turn {turn.id} of thread {thread} failed: badRequest"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    line = logged_line(caplog, "turn.failed")
    assert (line["turnId"], line["threadId"]) == (turn.id, thread)


@pytest.mark.slices
async def test_a_failed_turn_is_not_logged_again_at_a_fork_or_another_start(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with threadhost.open(tmp_path, model="echo") as host, host.connect() as client:
        thread = (await client.start_thread()).id
        await client.run_turn(thread, WORDS)
        caplog.clear()
        fork = await client.call("thread/fork", {"threadId": thread})
        assert [turn["status"] for turn in fork["thread"]["turns"]] == ["failed"]
    async with threadhost.open(tmp_path, model="echo") as host, host.connect() as client:
        await client.call("thread/resume", {"threadId": thread})
    assert log_text(caplog) == ""
