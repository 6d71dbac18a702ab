"""Row 11: bytes and sequences that no client should send, on every transport."""

import asyncio
from collections import Counter

from tests.limits.byte_fuzz import catches_only_json_decode_errors, fuzz
from tests.limits.frame_fuzz import live, never_forgets, trusts_first_bytes
from tests.limits.rig import open_rig
from tests.limits.sequences import play
from tests.scoreboard.row import Budget, Context, Counts, Row

INPUTS_A_ROUND = 52_000
SEQUENCES_A_ROUND = 100
LIVES_A_ROUND = 60


def run(context: Context) -> Counts:
    outcomes: Counter[str] = Counter()
    talks: Counter[str] = Counter()
    lives: Counter[str] = Counter()
    fuzzed_s = 0.0
    for _ in context.rounds():
        began = context.seconds
        outcomes += fuzz(context, INPUTS_A_ROUND)
        fuzzed_s += context.seconds - began
        lives += asyncio.run(_live(context))
        talks += asyncio.run(_play(context))
    return {
        "byte inputs": outcomes.total(),
        "raised": outcomes["raised"],
        "taken for messages": outcomes.total() - outcomes["Malformed"] - outcomes["NoneType"],
        "inputs/s": round(outcomes.total() / max(fuzzed_s, 1e-9)),
        "sequences": talks["sequences"],
        "messages": talks["messages"],
        "answers": talks["answers"],
        "lives of raw connections": lives["lives"],
        "steps of these": lives["steps"],
        "left open and silent": lives["left open"],
    }


async def _play(context: Context) -> Counter[str]:
    async with open_rig(context.new_folder()) as rig:
        return await play(rig, context, SEQUENCES_A_ROUND)


async def _live(context: Context) -> Counter[str]:
    async with open_rig(context.new_folder()) as rig:
        return await live(rig, context, LIVES_A_ROUND)


ROW = Row(
    number=11,
    title="wire fuzz: bytes, frames, and sequences over memory, stdio, unix and websocket",
    invariants=("S1", "L1"),
    quick=Budget(20, seconds_max=118),
    long=Budget(20_000, seconds_max=24 * 3600),
    fast=Budget(1, seconds_max=3),
    hunt=Budget(1, seconds_max=20),
    run=run,
    mutants={
        "catch only JSONDecodeError": catches_only_json_decode_errors,
        "connections are never forgotten": never_forgets,
        "first bytes are taken for text": trusts_first_bytes,
    },
)
