"""Whatever a client gives for the params of any method, it gets an answer that says why not."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.scoreboard.host import ANSWER_S, Talker, hosting
from tests.support.from_schema import DOCUMENT, FromSchema
from threadhost.adapters.jsonrpc.reasons import REASONS

REQUESTS, SEEDS = 500, range(4)
WORDS_MAX = 1_500
METHODS = [method for method in DOCUMENT["methods"] if method["name"] != "host/import/codex"]
"""All, save what reads folders of others."""


def faults(answer: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answer to a request that may have been anything."""
    error = answer.get("error")
    if error is None:
        return
    reason = error.get("data", {}).get("reason")
    if reason not in REASONS or reason == "internalError":
        yield f"the reason is {reason}"
    elif error["code"] not in REASONS[reason].codes:
        yield f"{reason} has the code {error['code']}"
    if not error["message"].strip():
        yield "nothing is said"
    if len(json.dumps(error, ensure_ascii=False)) > WORDS_MAX:
        yield f"it is long: {len(json.dumps(error))}"


async def subjects(client: Talker) -> dict[str, list[str]]:
    """Ids to ask about: of a stored thread, of one in memory, and of a turn."""
    stored = (await client.ask("thread/start"))["thread"]["id"]
    fleeting = (await client.ask("thread/start", ephemeral=True))["thread"]["id"]
    turn_id = await client.turn(stored, "hello")
    return {"threadId": [stored, fleeting], "turnId": [turn_id], "expectedTurnId": [turn_id]}


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", SEEDS)
async def test_every_method_answers_any_params_and_refuses_wrong_ones_by_the_table(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    random, counts = Random(seed), Counter[str]()
    making = FromSchema(random)
    async with hosting(tmp_path / "home") as app:
        client = Talker(app)
        await client.open()
        for number in range(REQUESTS):
            if number % 100 == 0:
                making.ids = await subjects(client)
            method = random.choice(METHODS)
            params: Any = making.params(method)
            for _ in range(random.choice((0, 1, 1, 2))):
                params = making.spoilt(params)
            async with asyncio.timeout(ANSWER_S):
                answer = await client.post(method["name"], params)
            for fault in faults(answer):
                pytest.fail(f"{method['name']} {json.dumps(params)[:500]}: {fault}: {answer}")
            counts["refused" if "error" in answer else "done"] += 1
        await subjects(client)
        await client.close()
    assert min(counts["refused"], counts["done"]) > REQUESTS / 20
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
