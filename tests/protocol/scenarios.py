"""What is done differently in single recorded scenarios, each with the reason."""

from typing import Any

from tests.protocol import agent_scenarios, other_scenarios
from tests.protocol.kinds_of_difference import (
    ANY,
    Added,
    Answer,
    Child,
    Earlier,
    Instead,
    Skipped,
)
from tests.protocol.matching import Names
from tests.protocol.transcript import Step
from tests.support.server import Host

TIME = "<time>"


def note(method: str, **params: Any) -> dict[str, Any]:
    """A notification."""
    return {"method": method, "params": params, "emittedAtMs": TIME}


def deleted(thread: str) -> dict[str, Any]:
    """The announcement of a deletion."""
    return note("thread/deleted", threadId=thread)


def status(thread: str, name: str) -> dict[str, Any]:
    """The announcement of a status."""
    return note("thread/status/changed", threadId=thread, status={"type": name})


CALL = {
    **dict.fromkeys(("id", "tool", "arguments", "readOnlyHint", "durationMs"), ANY),
    **dict.fromkeys(("startedAtMs", "completedAtMs"), ANY),
    **dict.fromkeys(("environmentId", "appContext", "mcpAppUi", "pluginId", "result")),
    "type": "mcpToolCall",
    "server": "tiny",
    "status": "failed",
    "error": {"message": "aborted: the turn ended before the call was answered"},
}
ANY_TIMES = {"contentTokenCount": None, "completedAtMs": ANY}


def left_open(turn: str, number: int) -> list[dict[str, Any]]:
    """A turn is interrupted, and with it a call on whose behalf something is asked."""
    return [
        note("item/completed", threadId="<thread:1>", turnId=turn, item=CALL, **ANY_TIMES),
        status("<thread:1>", "idle"),
        note("turn/completed", threadId="<thread:1>", turn=ANY),
        resolved(number),
    ]


def resolved(number: int) -> dict[str, Any]:
    """What was asked needs no answer any more."""
    return note("serverRequest/resolved", threadId="<thread:1>", requestId=number)


def error(number: int | None, code: int = -32600) -> dict[str, Any]:
    """An error with whatever words."""
    return {"error": {"code": code, "message": ANY}, "id": number}


def read(number: int, thread: str) -> dict[str, Any]:
    """A refusal to read a thread that is gone."""
    return {"error": {"code": -32600, "message": f"thread not loaded: {thread}"}, "id": number}


def failed(number: int) -> dict[str, Any]:
    """A deletion that could not remove a file."""
    return {"error": {"code": -32603, "message": "failed to delete thread: "}, "id": number}


SKIPPED = [
    Skipped("thread_resume", range(36, 37), "we take a stored thread up, see test_restart.py"),
    *other_scenarios.SKIPPED,
]

INSTEAD: list[Instead] = [*agent_scenarios.INSTEAD, *other_scenarios.INSTEAD]

ADDED: list[Added] = []

INTERRUPTED: dict[str, Any] = {
    "id": "<turn:2>",
    "rootTurnId": "<turn:2>",
    "items": [],
    "itemsView": "notLoaded",
    "status": "interrupted",
    "error": None,
    "startedAt": TIME,
    "completedAt": TIME,
    "durationMs": TIME,
}

BEGUN: dict[str, Any] = {
    **INTERRUPTED,
    "rootTurnId": ANY,
    "status": "inProgress",
    "completedAt": None,
    "durationMs": None,
}

HALF: dict[str, Any] = {
    "type": "agentMessage",
    "moderation": None,
    "id": "msg-2",
    "text": ANY,
    "phase": None,
    "memoryCitation": None,
    "delivery": None,
    "questions": None,
    "startedAtMs": TIME,
    "completedAtMs": TIME,
    "incomplete": True,
}

ACTIVE = {"type": "active", "activeFlags": []}

ANSWERS = [
    *agent_scenarios.ANSWERS,
    *other_scenarios.ANSWERS,
    Answer(
        "goal_turn_fails_or_is_interrupted",
        31,
        [
            {"id": 6, "result": ANY},
            note("thread/goal/updated", threadId="<thread:1>", turnId=None, goal=ANY),
            note("thread/status/changed", threadId="<thread:1>", status=ACTIVE),
            note("turn/started", threadId="<thread:1>", turn={**BEGUN, "id": "<turn:3>"}),
            note("thread/goal/updated", threadId="<thread:1>", turnId="<turn:3>", goal=ANY),
            note("error", threadId="<thread:1>", turnId="<turn:3>", willRetry=False, error=ANY),
            status("<thread:1>", "systemError"),
            note("turn/completed", threadId="<thread:1>", turn=ANY),
        ],
        "a 429 is the failure it is, and no other for having come more than once",
    ),
    Answer(
        "goal_turn_fails_or_is_interrupted",
        55,
        [
            {"id": 10, "result": ANY},
            note("thread/goal/updated", threadId="<thread:1>", turnId=None, goal=ANY),
            note("thread/status/changed", threadId="<thread:1>", status=ACTIVE),
            note("turn/started", threadId="<thread:1>", turn={**BEGUN, "id": "<turn:5>"}),
        ],
        "the time of a turn that was interrupted is counted at its end",
    ),
    Answer(
        "thread_fork",
        84,
        [
            status("<thread:2>", "idle"),
            {"id": 3, "result": ANY},
            note(
                "thread/tokenUsage/updated",
                threadId="<thread:2>",
                turnId="<turn:3>",
                tokenUsage=ANY,
            ),
            note("thread/goal/cleared", threadId="<thread:2>"),
        ],
        "who resumes a fork is told of its tokens, as of any other thread's",
    ),
    Answer(
        "thread_fork",
        68,
        [
            status("<thread:1>", "notLoaded"),
            {"id": 11, "result": {}},
            deleted("<thread:1>"),
        ],
        "a fork owns its history, so its source can go",
    ),
    Answer(
        "thread_archive",
        43,
        [
            {
                "error": {"code": -32600, "message": "session <thread:1> is archived. Run "},
                "id": 11,
            }
        ],
        "a turn would take a stored thread up; it says why it does not",
    ),
    Answer(
        "bad_ids",
        132,
        [{"error": {"code": -32600, "message": "thread not found: <turn:1>"}, "id": 64}],
        "a thread that is not there is no internal error, nor is it a rollout",
    ),
    Answer(
        "bad_ids",
        122,
        [read(59, "<turn:1>")],
        "items of an unknown thread are refused as its turns are",
    ),
    Answer(
        "delete_mid_turn",
        39,
        [
            note(
                "item/completed",
                item=HALF,
                threadId="<thread:1>",
                turnId="<turn:2>",
                contentTokenCount=None,
                completedAtMs=TIME,
            ),
            status("<thread:1>", "idle"),
            note("turn/completed", threadId="<thread:1>", turn=INTERRUPTED),
            status("<thread:1>", "notLoaded"),
            {"id": 5, "result": {}},
            deleted("<thread:1>"),
        ],
        "what was said so far is kept; no response ended, so no tokens were counted",
    ),
    Answer("thread_start", 10, [{"id": 4, "result": ANY}], "a thread without turns has none"),
    Answer("delete_partial_failure", 65, [deleted("<thread:3>"), failed(2)], "what went is told"),
    Answer("delete_partial_failure", 68, [{"id": 3, "result": ANY}], "children are not listed"),
    Answer("delete_partial_failure", 73, [{"id": 5, "result": ANY}], "what is left is whole"),
    Answer("delete_partial_failure", 76, [read(6, "<thread:3>")], "it is gone, and not half gone"),
    Answer("delete_partial_failure", 78, [failed(7)], "nothing more went"),
    Answer(
        "delete_partial_failure",
        81,
        [{"id": 8, "result": {}}, deleted("<thread:2>"), deleted("<thread:1>")],
        "each deletion is announced once",
    ),
    Answer(
        "mcp_approval_and_elicitation",
        64,
        [{"id": 6, "result": {}}, *left_open("<turn:2>", 4)],
        "a call that nobody answered any more has failed, and its item says so",
    ),
    Answer(
        "mcp_approval_and_elicitation",
        80,
        [
            *left_open("<turn:3>", 5),
            status("<thread:1>", "notLoaded"),
            {"id": 8, "result": {}},
            deleted("<thread:1>"),
        ],
        "likewise where its thread is deleted",
    ),
    *(
        Answer("wire_errors", line, [error(number, code)], "what is malformed is answered")
        for line, number, code in (
            (29, 900, -32700),
            (30, None, -32700),
            (31, None, -32600),
            (32, None, -32600),
            (33, None, -32600),
            (34, None, -32600),
            (36, None, -32600),
            (37, 901, -32600),
            (39, None, -32600),
            (40, None, -32600),
            (41, None, -32600),
            (46, None, -32600),
            (49, None, -32600),
            (51, 905, -32600),
        )
    ),
]

CHILDREN = [
    Child("delete_tree_from_state_db", "<thread:2>", "<thread:1>"),
    Child("delete_tree_from_state_db", "<thread:3>", "<thread:1>"),
    Child("delete_tree_from_state_db", "<thread:4>", "<thread:2>"),
    Child("delete_tree_from_state_db", "<thread:5>", "<thread:2>"),
    Child("delete_tree_from_state_db", "<thread:6>", "<thread:3>"),
    Child("delete_partial_failure", "<thread:2>", "<thread:1>"),
    Child("delete_partial_failure", "<thread:3>", "<thread:2>"),
]

TOGETHER = {*agent_scenarios.OF_AGENTS, "delete_parent_with_live_child"}
"""Scenarios in which several threads work at once: what each does comes in order, all in any."""

CUT_SHORT = {"delete_mid_turn"}
"""Scenarios that cut a stream of deltas: how many came before is chance."""


EARLIER = [
    Earlier(
        "thread_goal_active",
        23,
        "thread/tokenUsage/updated",
        "thread/goal/updated",
        "the tokens of a response are told when it is over, before its calls are answered",
    ),
    Earlier(
        "goal_turn_fails_or_is_interrupted",
        18,
        "error",
        "thread/status/changed",
        "an error is told when it happens, and then the turn ends with it",
    ),
]


def in_our_order(scenario: str, line: int, came: list[Any]) -> list[Any]:
    """What came after a step in the order in which it comes here."""
    for row in EARLIER:
        if (row.scenario, row.line) != (scenario, line):
            continue
        methods = [message.get("method") for message in came]
        at = methods.index(row.method)
        to = methods.index(row.than, methods.index("turn/started"))
        came = [*came[:to], came[at], *came[to:at], *came[at + 1 :]]
    return came


WITH_SERVERS = frozenset({"mcp_approval_and_elicitation"})
"""Scenarios that were recorded with the small MCP server."""
LEFT_OUT = dict.fromkeys(
    (
        *agent_scenarios.OF_AGENTS,
        *other_scenarios.COUNTED_ANEW,
        *("goal_tools_of_the_model", "goal_turn_fails_or_is_interrupted"),
        *WITH_SERVERS,
    ),
    ("item/agentMessage/delta", "thread/tokenUsage/updated"),
)
"""What the recorder left out of a scenario."""


def parent_of(scenario: str, thread: Any) -> str | None:
    """The thread below which a thread of a scenario is started here."""
    found = (row.parent for row in CHILDREN if (row.scenario, row.thread) == (scenario, thread))
    return next(found, None)


def as_started(scenario: str, value: Any) -> Any:
    """A recorded message with its children shown as threads that a client started below another."""
    if isinstance(value, list):
        return [as_started(scenario, one) for one in value]
    if not isinstance(value, dict):
        return value
    value = {key: as_started(scenario, one) for key, one in value.items()}
    parent = parent_of(scenario, value.get("id"))
    if scenario in TOGETHER and "turns" in value and isinstance(value.get("source"), dict):
        return {**value, "sessionId": "<thread:1>", "threadSource": "subagent"}  # as it is read
    if parent is None or "turns" not in value:
        return value
    spawn = {"parent_thread_id": parent, "depth": ANY, "agent_path": None}
    names = {"agent_nickname": None, "agent_role": None}
    return {
        **value,
        "sessionId": "<thread:1>",
        "parentThreadId": parent,
        "source": {"subAgent": {"thread_spawn": {**spawn, **names}}},
        "agentNickname": None,
        "threadSource": None,
        "turns": [{**turn, "rootTurnId": turn["id"]} for turn in value["turns"]],
    }


def carry_out(step: Step, host: Host, names: Names) -> None:
    """Do what a mark says that the recorder did to the files of the server."""
    blobs = host.home / "blobs"
    if step.mark == "blocked":
        blobs.mkdir(mode=0o700, exist_ok=True)
        elsewhere = host.home / "elsewhere"
        elsewhere.mkdir()
        (blobs / f"thread-{names.fill(step.data)}").symlink_to(elsewhere)
    elif step.mark == "unblocked":
        for path in blobs.iterdir():
            path.unlink()
