"""Row 20: what is said in confidence is in no log, no error and no file, and gone when deleted."""

import asyncio

from tests.limits.secrets import (
    deletes_without_overwriting,
    keeps_any_word,
    keeps_whole_names,
    logs_params_on_error,
    plant_and_look,
    tells_what_it_is_told,
)
from tests.scoreboard.row import Budget, Context, Counts, Row


def run(context: Context) -> Counts:
    counts: Counts = {}
    rounds = 0
    for _ in context.rounds():
        counts = asyncio.run(plant_and_look(context, context.new_folder()))
        rounds += 1
    return {"rounds": rounds, **counts, "found": len(context.violations)}


ROW = Row(
    number=20,
    title="secrets: canaries in every input, looked for in logs, errors and every byte of the home",
    invariants=("S1", "D1"),
    quick=Budget(5, seconds_max=60),
    long=Budget(500, seconds_max=3600),
    fast=Budget(1, seconds_max=3),
    run=run,
    mutants={
        "log params on error": logs_params_on_error,
        "secure_delete off": deletes_without_overwriting,
        "client names are kept whole": keeps_whole_names,
        "a provider's words are told as they are": tells_what_it_is_told,
        "any word is a reason": keeps_any_word,
    },
)
