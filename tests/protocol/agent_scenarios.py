"""What is done differently in the recorded sessions of agents, each with the reason."""

from collections.abc import Mapping
from typing import Any

from tests.protocol.kinds_of_difference import ANY, Answer, Ended, Instead
from tests.protocol.transcript import steps

ROOT, OPEN, CLOSED, BUSY = (f"<thread:{number}>" for number in (1, 2, 3, 4))
TIME = "<time>"
REFUSALS = "agents_v1_refusals"
RESTART = "agents_v1_restart_and_resume"
DEPTH = "agents_v1_depth_two_and_interrupts"
HANGS = 'from the client\n@@mock {"steps": [{"hang": true}]}'

OF_AGENTS = (
    "agents_v1_depth_two_and_interrupts",
    "agents_v1_refusals",
    "agents_v1_restart_and_resume",
    "agents_v1_spawn_wait_send_close_resume",
    "agents_v2_team",
)
CONFIGURED = {
    "agents_v1_depth_two_and_interrupts": "[agents]\nmax_depth = 2\n",
    "agents_v1_refusals": (
        '[model_providers.mock_provider]\nbase_url = "http://127.0.0.1:9/v1"\n'
        '[model_providers.mock_provider.models.mock-model]\nreasoning_efforts = ["low"]\n'
    ),
    "agents_v1_restart_and_resume": "[agents]\nmax_depth = 2\n",
    "agents_v2_team": "[agents]\nmax_depth = 2\n[features]\nmulti_agent_v2 = true\n",
}
"""What the configuration file said where a scenario was recorded with one."""
SAID = {
    ("agents_v1_spawn_wait_send_close_resume", None, "one more done"): "ok",
    ("agents_v2_team", "<turn:4>", "alpha done"): "ok",
}
"""What the echo says in the place of a model whose script goes on from turn to turn."""


def said_in(scenario: str, turn: str | None) -> dict[str, str]:
    """What the echo says in a turn in the place of what was recorded."""
    rows = SAID.items()
    return {
        theirs: ours for (of, at, theirs), ours in rows if of == scenario and at in (None, turn)
    }


def came(scenario: str, line: int) -> list[Any]:
    """What was recorded after a step."""
    return next(step.came for step in steps(scenario) if step.line == line)


def note(method: str, thread: str, **params: Any) -> dict[str, Any]:
    """A notification about a thread."""
    return {"method": method, "params": {"threadId": thread, **params}, "emittedAtMs": TIME}


def changed(message: dict[str, Any], **item: Any) -> dict[str, Any]:
    """The same notification with another item."""
    params = message["params"]
    return {**message, "params": {**params, "item": {**params["item"], **item}}}


def stood(thread: str, status: str, message: str | None = None) -> dict[str, Any]:
    """How an agent stood, beside the status of the call that saw it."""
    fails = status in ("notFound", "errored")
    states = {thread: {"status": status, "message": message}}
    return {"status": "failed" if fails else "completed", "agentsStates": states}


def with_items(messages: list[Any], items: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The messages, with other ends of the items of these calls."""
    return [
        changed(one, **items[one["params"]["item"]["id"]])
        if one.get("method") == "item/completed" and one["params"]["item"]["id"] in items
        else one
        for one in messages
    ]


def said(thread: str, turn: str, text: Any) -> list[Any]:
    """A model says something, and the turn ends with it."""
    item = {
        **dict.fromkeys(("moderation", "phase", "memoryCitation", "delivery", "questions")),
        "type": "agentMessage",
        "id": ANY,
        "text": text,
        "startedAtMs": TIME,
        "completedAtMs": TIME,
    }
    told = {"turnId": turn, "item": item, "contentTokenCount": None, "completedAtMs": TIME}
    return [
        note("item/completed", thread, **told),
        note("thread/status/changed", thread, status={"type": "idle"}),
        note("turn/completed", thread, turn=ANY),
    ]


def told(thread: str, turn: str, item: str, text: str, root_turn: str) -> list[Any]:
    """An agent is told something, which begins a turn."""
    begun: dict[str, Any] = {
        **dict.fromkeys(("error", "completedAt", "durationMs")),
        "id": turn,
        "rootTurnId": root_turn,
        "items": [],
        "itemsView": "notLoaded",
        "status": "inProgress",
        "startedAt": TIME,
    }
    active = {"type": "active", "activeFlags": []}
    return [
        note("thread/status/changed", thread, status=active),
        note("turn/started", thread, turn=begun),
        *input_of(thread, turn, item, text),
    ]


def input_of(thread: str, turn: str, item: str, text: str) -> list[Any]:
    """What a thread is told is an item."""
    message = {
        "type": "userMessage",
        "id": item,
        "clientId": None,
        "content": [{"type": "text", "text": text, "text_elements": []}],
        "startedAtMs": TIME,
    }
    started = {"item": {**message, "completedAtMs": None}, "turnId": turn, "startedAtMs": TIME}
    ended = {"item": {**message, "completedAtMs": TIME}, "turnId": turn, "completedAtMs": TIME}
    return [
        note("item/started", thread, **started),
        note("item/completed", thread, **ended, contentTokenCount=None),
    ]


ITSELF = {"status": "failed", "agentsStates": {OPEN: {"status": "running", "message": None}}}
CLOSES_ITSELF = changed(
    {**came(REFUSALS, 49)[-4], "method": "item/completed"}, **ITSELF, completedAtMs=TIME
)
AGAIN = [
    note("thread/status/changed", OPEN, status={"type": "idle"}),
    *told(OPEN, "<turn:6>", "<item:6>", "again", "<turn:5>"),
    *said(OPEN, "<turn:6>", "ok"),
]

ANSWERS = [
    Answer(
        REFUSALS,
        33,
        with_items(
            [m for m in came(REFUSALS, 33) if "to myself" not in str(m) or "call-1_1-0" in str(m)],
            {"call-1_1-0": ITSELF},
        ),
        "an agent that tells itself something is told that it cannot, and is not steered",
    ),
    Answer(
        REFUSALS,
        49,
        [
            *came(REFUSALS, 49)[:-3],
            {
                **CLOSES_ITSELF,
                "params": {
                    **{k: v for k, v in CLOSES_ITSELF["params"].items() if k != "startedAtMs"},
                    "contentTokenCount": None,
                    "completedAtMs": TIME,
                },
            },
            *said(OPEN, "<turn:3>", "still here"),
        ],
        "an agent that closes itself is told that it cannot, and goes on",
    ),
    Answer(
        REFUSALS,
        62,
        [
            {"id": 8, "result": ANY},
            *told(OPEN, "<turn:4>", "<item:5>", "there?\n@@mock ...", "<turn:4>"),
            *said(OPEN, "<turn:4>", ANY),
        ],
        "so its thread is alive",
    ),
    Answer(
        RESTART,
        72,
        [
            *with_items(
                came(RESTART, 72),
                {
                    "call-2_1-0": stood(OPEN, "completed", "ok"),
                    "call-2_1-2": stood(BUSY, "interrupted"),
                    "call-2_2-0": stood(OPEN, "completed", "ok"),
                    "call-2_3-0": stood(OPEN, "completed", "ok"),
                },
            ),
            *AGAIN,
        ],
        "agents are found after a restart, as they were, and loaded when they are told something",
    ),
]
INSTEAD = [
    Instead(
        DEPTH,
        87,
        {
            "method": "turn/start",
            "params": {"threadId": CLOSED, "input": [{"type": "text", "text": HANGS}]},
        },
        [
            {"id": 9, "result": ANY},
            *input_of(CLOSED, "<turn:3>", "<item:8>", "from the client\n@@mock ..."),
        ],
        "the echo goes on to hang if it is told to",
    ),
]
ENDED = [
    *(
        Ended(REFUSALS, 6, call, "a refused spawn has failed")
        for call in ("call-1_1-4", "call-1_1-5", "call-1_1-6")
    ),
    Ended(
        DEPTH,
        78,
        "call-3_2-0",
        "a wait that a client interrupts has failed",
    ),
]


def with_ends(scenario: str, line: int, came: list[Any]) -> list[Any]:
    """What came after a step, with the ends of items that the reference left in progress."""
    for row in ENDED:
        if (row.scenario, row.line) == (scenario, line):
            begun = [m for m in came if item_of(m).get("id") == row.call]
            ended = ended_as_failed(scenario, row.call)
            at = came.index(begun[-1]) + 1 if begun else 1
            came = [*came[:at], ended, *came[at:]]
    return came


def item_of(message: dict[str, Any]) -> dict[str, Any]:
    """The item that a notification tells of, if it tells of one."""
    found: dict[str, Any] = message.get("params", {}).get("item", {})
    return found


def ended_as_failed(scenario: str, call: str) -> dict[str, Any]:
    """The end of an item that began somewhere in a scenario."""
    came = (message for step in steps(scenario) for message in step.came)
    begun = next(message for message in came if item_of(message).get("id") == call)
    item = {**item_of(begun), "status": "failed", "completedAtMs": TIME}
    place = begun["params"]
    told = {"item": item, "contentTokenCount": None, "completedAtMs": TIME}
    return note("item/completed", place["threadId"], turnId=place["turnId"], **told)
