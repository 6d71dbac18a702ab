"""Answers with faults of every kind: turns end, items end, nobody else is touched, nothing dies."""

from random import Random

import pytest

from tests.protocol.model_answers.mutating import mutated
from tests.protocol.model_answers.stage import Stage
from tests.protocol.talk import begin, end, start

ANSWERS = 25


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
async def test_faulty_answers_hurt_nobody(stage: Stage, seed: int) -> None:
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
