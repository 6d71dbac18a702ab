"""Answers with faults of every kind: turns end, items end, nobody else is touched, nothing dies."""

import asyncio
from random import Random

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.mutating import mutated
from tests.protocol.model_answers.stage import Stage
from tests.protocol.talk import begin, end, start
from threadhost.adapters.cli.main import run

pytestmark = pytest.mark.slices

ANSWERS = 15


def check_items(stage: Stage) -> None:
    """Every item that was started ended once, and nothing ended twice."""
    begun = [p["item"]["id"] for p in stage.told("item/started")]
    ended = [p["item"]["id"] for p in stage.told("item/completed")]
    assert sorted(set(begun)) == sorted(begun)
    assert sorted(set(ended)) == sorted(ended)
    assert set(begun) <= set(ended)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slices) for n in range(1, 9))]
)
async def test_faulty_answers_affect_no_other_thread(stage: Stage, seed: int) -> None:
    random = Random(seed)
    other = await start(stage.client)
    for _ in range(ANSWERS):
        stage.will_answer(mutated(random))
        turn_id = await stage.begin()
        good = await begin(stage.client, other)
        turn = await stage.end(turn_id)
        assert turn["status"] in ("completed", "failed")
        assert (await end(stage.client, good))["status"] in ("completed", "failed")
    check_items(stage)
    stage.check_actor()
    await stage.check_all()


@pytest.mark.slices
async def test_items_of_odd_answers_are_shown_by_the_commands(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(99)
    deep = '{"a":' * 200 + "1" + "}" * 200
    stage.will_say(said.done(said.call(deep)), said.done(said.message(phase="musing"), 1))
    await stage.end(await stage.begin())
    for _ in range(10):
        stage.will_answer(mutated(random))
        await stage.end(await stage.begin())
    home, thread_id = str(stage.host.home), stage.thread_id
    await stage.close()
    await stage.host.stop()
    for words in (["log", "show", "--thread", thread_id], ["threads", "show", thread_id]):
        assert await asyncio.to_thread(run, [*words, "--home", home]) == 0
        shown = capsys.readouterr()
        assert thread_id in shown.out
        assert "Traceback" not in shown.out + shown.err
    assert await asyncio.to_thread(run, ["log", "verify", "--home", home]) == 0
