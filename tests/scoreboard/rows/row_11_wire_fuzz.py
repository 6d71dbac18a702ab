"""Row 11: bytes and sequences that no client should send, on every transport."""

import asyncio
from collections import Counter

from tests.limits.byte_fuzz import catches_only_json_decode_errors, fuzz
from tests.limits.rig import open_rig
from tests.limits.sequences import play
from tests.scoreboard.row import Budget, Context, Counts, Row

INPUTS_A_ROUND = 52_000
SEQUENCES_A_ROUND = 100


def run(context: Context) -> Counts:
    outcomes: Counter[str] = Counter()
    talks: Counter[str] = Counter()
    fuzzed_s = 0.0
    for _ in context.rounds():
        began = context.seconds
        outcomes += fuzz(context, INPUTS_A_ROUND)
        fuzzed_s += context.seconds - began
        talks += asyncio.run(_play(context))
    return {
        "byte inputs": outcomes.total(),
        "raised": outcomes["raised"],
        "taken for messages": outcomes.total() - outcomes["Malformed"] - outcomes["NoneType"],
        "inputs/s": round(outcomes.total() / max(fuzzed_s, 1e-9)),
        "sequences": talks["sequences"],
        "messages": talks["messages"],
        "answers": talks["answers"],
    }


async def _play(context: Context) -> Counter[str]:
    async with open_rig(context.new_folder()) as rig:
        return await play(rig, context, SEQUENCES_A_ROUND)


ROW = Row(
    number=11,
    title="wire fuzz: bytes, and sequences over memory, stdio, unix and websocket",
    invariants=("S1",),
    quick=Budget(20, seconds_max=118),
    long=Budget(20_000, seconds_max=24 * 3600),
    fast=Budget(1, seconds_max=1),
    hunt=Budget(1, seconds_max=20),
    run=run,
    mutants={"catch only JSONDecodeError": catches_only_json_decode_errors},
)
