"""Row 19: origins, hosts, tokens, addresses to listen on, and the modes of all that is made."""

import asyncio
from collections import Counter

from tests.limits.doors import (
    checks_no_host,
    checks_no_origin,
    knock,
    look_at_modes,
    refuse_addresses,
    show_tokens,
    takes_any_token,
)
from tests.limits.notes import goes_anywhere, read_notes, trusts_any_note
from tests.scoreboard.row import Budget, Context, Counts, Row


def run(context: Context) -> Counts:
    knocks: Counter[str] = Counter()
    made: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    addresses = 0
    for _ in context.rounds():
        knocks += asyncio.run(knock(context, context.new_folder()))
        knocks += asyncio.run(show_tokens(context, context.new_folder()))
        addresses += refuse_addresses(context)
        notes += read_notes(context, context.new_folder())
        made += asyncio.run(look_at_modes(context, context.new_folder()))
    return {
        "requests": knocks.total(),
        "let in": knocks["let in"],
        "refused": knocks["refused"],
        "addresses refused": addresses,
        "notes gone by": notes["gone to"],
        "notes refused": notes["refused"],
        "files looked at": made["files"],
        "folders": made["folders"],
        "sockets": made["sockets"],
    }


ROW = Row(
    number=19,
    title="origins x hosts x tokens x paths, addresses, host.lock, modes under umask 000 and 022",
    invariants=("S1",),
    quick=Budget(1, seconds_max=60),
    long=Budget(20, seconds_max=600),
    fast=Budget(1, seconds_max=5),
    run=run,
    mutants={
        "allow missing Host check": checks_no_host,
        "allow any Origin": checks_no_origin,
        "allow any token": takes_any_token,
        "any address in host.lock": goes_anywhere,
        "any writer of host.lock": trusts_any_note,
    },
)
