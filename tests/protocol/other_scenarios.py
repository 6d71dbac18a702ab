"""What is done differently in recorded sessions of commands, reviews and compactions, and why."""

from typing import Any

from tests.protocol.agent_scenarios import TIME, came, note, said
from tests.protocol.kinds_of_difference import ANY, Answer, Instead, Skipped

COMMANDS = "approvals_of_commands"
COMPACTION = "compaction_by_hand_and_by_itself"
REVIEW = "review_inline"
COUNTED_ANEW = frozenset({COMMANDS, COMPACTION, REVIEW})
"""Scenarios whose recorder counted the messages of a model anew in each turn."""
THREAD = "<thread:1>"
NO_COMMANDS = "this host runs no commands, and asks nobody about them"
NO_REVIEWER = "this host has no reviewer"

SKIPPED = [
    Skipped(COMMANDS, range(16, 60), NO_COMMANDS),
    Skipped(REVIEW, range(53, 67), "no review runs"),
]


def says_ok(scenario: str, line: int, thread: str, text: str) -> Instead:
    """A turn whose script has a step in place of none, which the echo takes for a mistake."""
    told = {"type": "text", "text": f'{text}\n@@mock {{"steps": [{{"text": "ok"}}]}}'}
    sent = {"method": "turn/start", "params": {"threadId": thread, "input": [told]}}
    return Instead(scenario, line, sent, None, "a script of the echo has a step at least")


INSTEAD = [
    Instead(
        COMPACTION,
        51,
        {
            "method": "thread/start",
            "params": {"cwd": "<cwd>", "config": {"model_auto_compact_token_limit": 20_000}},
        },
        None,
        "the thread says what was recorded with a file that said it",
    ),
    says_ok(COMPACTION, 65, "<thread:2>", "next"),
    says_ok(COMPACTION, 83, "<thread:3>", "third"),
    says_ok(REVIEW, 33, THREAD, "after the review"),
]


def told_too(line: int) -> Answer:
    """A compaction that is over is told in both ways."""
    told = came(COMPACTION, line)
    kinds = [(m.get("method"), m.get("params", {}).get("item", {}).get("type")) for m in told]
    at = kinds.index(("item/completed", "contextCompaction")) + 1
    params = told[at - 1]["params"]
    more = note("thread/compacted", params["threadId"], turnId=params["turnId"])
    return Answer(COMPACTION, line, [*told[:at], more, *told[at:]], "it is told in both ways")


def goes_on(line: int, turn: str, text: str) -> Answer:
    """A model that would run a command is told that it cannot, and says something instead."""
    end = said(THREAD, turn, text)
    item = {**end[0]["params"]["item"], "text": "", "completedAtMs": None}
    started = note("item/started", THREAD, turnId=turn, item=item, startedAtMs=TIME)
    return Answer(COMMANDS, line, [*came(COMMANDS, line)[:5], started, *end], NO_COMMANDS)


def refused(number: int, code: int = -32600) -> dict[str, Any]:
    """An error with whatever words."""
    return {"error": {"code": code, "message": ANY}, "id": number}


ANSWERS = [
    *map(told_too, (28, 65, 101)),
    goes_on(6, "<turn:1>", "never after a cancel"),
    goes_on(66, "<turn:2>", "never"),
    Answer(COMMANDS, 76, [{"id": 5, "result": ANY}], "the turn is over by then"),
    Answer(COMMANDS, 78, [refused(6)], "likewise"),
    goes_on(84, "<turn:3>", "never"),
    Answer(
        COMMANDS,
        94,
        [
            note("thread/status/changed", THREAD, status={"type": "notLoaded"}),
            {"id": 8, "result": {}},
            note("thread/deleted", THREAD),
        ],
        "likewise",
    ),
    *(
        Answer(REVIEW, line, [refused(number, -32601)], NO_REVIEWER)
        for line, number in ((17, 4), (44, 6), (46, 7), (48, 8), (50, 9))
    ),
]
