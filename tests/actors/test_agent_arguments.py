"""What a model writes into a call of agents' tools is taken, or refused in words to act on."""

import json
from typing import Any

import pytest

from tests.support.each import each
from threadhost.actors import agent_arguments, team_arguments
from threadhost.actors.agent_arguments import (
    TARGETS_MAX,
    WORD_CHARS_MAX,
    CloseAgent,
    Request,
    ResumeAgent,
    SendInput,
    SpawnAgent,
    WaitAgent,
)
from threadhost.actors.agent_limits import AgentPolicy, KnownModel, Role
from threadhost.actors.agent_settings import CONTEXT, NICKNAMES, agent_settings, messages_in
from threadhost.actors.agent_tools import TOOLS, item_of
from threadhost.actors.team_tools import TOOLS as TEAM_TOOLS
from threadhost.actors.team_tools import item_of as team_item_of
from threadhost.events.host_call import AGENTS, TEAM, HostCall
from threadhost.events.settings import ThreadSettings

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, 10**30, 0.5, -0.0, 1e308),
    *(
        "",
        " ",
        "\x00",
        "\n",
        "\u202e",
        "😀",
        "\ud7ff",
        "a" * 5_000,
        "nan",
        "root",
        "/root",
        "/",
        "//",
    ),
    *("../..", "{00000000-0000-0000-0000-000000000000}", "00000000-0000-0000-0000-000000000000"),
    *([], [None], [[]], ["x"], ["00000000-0000-0000-0000-000000000000"] * 3, [{}], list(range(50))),
    *({}, {"a": 1}, {"type": "text"}, [{"type": "text", "text": ""}], [{"type": "image"}]),
    *([{"type": "local_image", "path": 1}], [{"type": 7, "text": "x"}], [{"text": "x"}]),
)
FIELDS = (
    *("message", "items", "model", "reasoning_effort", "fork_context", "agent_type", "target"),
    *("interrupt", "targets", "timeout_ms", "id", "task_name", "fork_turns", "path_prefix"),
)
WELL = {"message": "m", "target": "t", "task_name": "t", "id": "i", "targets": ["x"]}
TEXTS = ("", "null", "[]", "7", '"x"', "{", "{]", '{"a":NaN}', '{"message":"\\ud800"}', "[" * 5_000)
WORDS_MAX = 500
READERS = [
    *((agent_arguments.asked_by, name, item_of, AGENTS) for name in TOOLS),
    *((team_arguments.asked_by, name, None, TEAM) for name in TEAM_TOOLS),
]


def refused(asked_by: Any, name: str, text: str) -> str | None:
    """The words in which a call is refused; None if it is not."""
    try:
        asked_by(name, text)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.few(1)
@pytest.mark.parametrize(("asked_by", "name", "item", "family"), READERS)
def test_odd_arguments_of_agent_tools_are_accepted_or_refused_with_a_short_message(
    asked_by: Any, name: str, item: Any, family: str
) -> None:
    said = [json.dumps({**WELL, field: odd}) for field in FIELDS for odd in ODD]
    said += [json.dumps({field: odd}) for field in FIELDS for odd in ODD]
    for text in (*said, *TEXTS):
        words = refused(asked_by, name, text)
        assert words is None or 0 < len(words) < WORDS_MAX, text[:200]
        call = HostCall(name, text, "x", family)
        shown = item("t", None, call, "c", 1) if item else team_item_of("t", call, "c", 1)
        assert shown is None or shown["status"] == "inProgress"


ID = "00000000-0000-0000-0000-00000000000a"
HI = {"type": "text", "text": "hi", "text_elements": []}
ASKED: list[tuple[str, dict[str, Any], Request]] = [
    (
        "spawn_agent",
        {"message": "hi", "model": "m", "reasoning_effort": "low", "agent_type": "r"},
        SpawnAgent([HI], "m", "low", "r"),
    ),
    (
        "spawn_agent",
        {
            "items": [
                {"type": "text", "text": "hi"},
                {"type": "image", "image_url": "u"},
                {"type": "local_image", "path": "/p"},
            ],
            "fork_context": True,
        },
        SpawnAgent(
            [HI, {"type": "image", "url": "u"}, {"type": "localImage", "path": "/p"}],
            with_history=True,
        ),
    ),
    (
        "spawn_agent",
        {"message": "hi", "model": "", "agent_type": "x" * WORD_CHARS_MAX},
        SpawnAgent([HI], None, None, "x" * WORD_CHARS_MAX),
    ),
    ("send_input", {"target": ID.upper(), "message": "hi"}, SendInput(ID, [HI])),
    ("send_input", {"target": ID, "message": "hi", "interrupt": True}, SendInput(ID, [HI], True)),
    ("wait_agent", {"targets": [ID, ID]}, WaitAgent((ID,), 30_000)),
    ("wait_agent", {"targets": [ID], "timeout_ms": 1}, WaitAgent((ID,), 10_000)),
    ("wait_agent", {"targets": [ID], "timeout_ms": 10_001}, WaitAgent((ID,), 10_001)),
    ("wait_agent", {"targets": [ID], "timeout_ms": 10**9}, WaitAgent((ID,), 3_600_000)),
    ("wait_agent", {"targets": [ID] * TARGETS_MAX}, WaitAgent((ID,), 30_000)),
    ("close_agent", {"target": ID}, CloseAgent(ID)),
    ("resume_agent", {"id": ID}, ResumeAgent(ID)),
]


@each(("name", "arguments", "asked"), ASKED)
def test_the_arguments_of_an_agent_tool_are_parsed_into_a_request(
    name: str, arguments: dict[str, Any], asked: Request
) -> None:
    assert agent_arguments.asked_by(name, json.dumps(arguments)) == asked


NO_PART = "an item has to be a text, an image with image_url or a local_image with path"
NO_ID = "failed to parse function arguments: "
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("spawn_agent", {"message": "m", "fork_context": True, "agent_type": "r"}, "Full-history"),
    ("spawn_agent", {"message": "m", "items": [{"type": "text", "text": "i"}]}, "Provide either"),
    ("spawn_agent", {"message": 1}, "Provide one of"),
    ("spawn_agent", {"message": " "}, "Empty message"),
    ("spawn_agent", {"message": "m", "fork_context": 1}, "fork_context has to be true or false"),
    ("spawn_agent", {"message": "m", "model": 1}, "model has to be a string"),
    ("spawn_agent", {"items": []}, "Items can't be empty"),
    ("spawn_agent", {"items": {"type": "text", "text": "i"}}, "Items can't be empty"),
    ("spawn_agent", {"items": ["text"]}, NO_PART),
    ("spawn_agent", {"items": [{"type": "hologram", "text": "i"}]}, NO_PART),
    ("spawn_agent", {"items": [{"type": "text", "text": 1}]}, NO_PART),
    ("spawn_agent", {"items": [{"type": "text", "text": ""}]}, NO_PART),
    ("spawn_agent", {"items": [{"type": "image", "path": "/p"}]}, NO_PART),
    ("spawn_agent", {"items": [{"type": "local_image", "image_url": "u"}]}, NO_PART),
    ("wait_agent", {}, "agent ids must be non-empty"),
    ("wait_agent", {"targets": []}, "agent ids must be non-empty"),
    ("wait_agent", {"targets": ID}, "agent ids must be non-empty"),
    ("wait_agent", {"targets": [ID, ""]}, "agent ids must be non-empty"),
    ("wait_agent", {"targets": [ID] * (TARGETS_MAX + 1)}, "too many agent ids: 1001, more than"),
    ("wait_agent", {"targets": [ID], "timeout_ms": 0}, "timeout_ms must be greater than zero"),
    ("wait_agent", {"targets": [ID], "timeout_ms": True}, "timeout_ms must be a whole number"),
    ("wait_agent", {"targets": [ID], "timeout_ms": 0.5}, "timeout_ms must be a whole number"),
    ("close_agent", {"target": "x" * 200}, f"invalid agent id {'x' * 99}…: it is no UUID"),
    ("close_agent", {"target": 1}, f"{NO_ID}`target` has to be a string"),
    ("close_agent", {}, f"{NO_ID}missing field `target` at line 1 column 2"),
]


@each(("name", "arguments", "words"), WRONG)
def test_a_wrong_call_of_an_agent_tool_is_refused_with_the_reason(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    assert (refused(agent_arguments.asked_by, name, json.dumps(arguments)) or "").startswith(words)


@pytest.mark.parametrize("field", ["model", "reasoning_effort", "agent_type"])
def test_a_model_effort_or_role_name_in_a_call_has_a_length_limit(field: str) -> None:
    long = json.dumps({**WELL, "items": None, field: "x" * (WORD_CHARS_MAX + 1)})
    words = f"{field} has {WORD_CHARS_MAX + 1} letters, more than {WORD_CHARS_MAX}"
    assert refused(agent_arguments.asked_by, "spawn_agent", long) == words
    assert refused(team_arguments.asked_by, "spawn_agent", long) == words


PARENT = ThreadSettings(cwd="/", model="large", model_provider="own")
KNOWN = AgentPolicy(
    models=(
        KnownModel("large", ("low", "high"), "own"),
        KnownModel("small", (), "own"),
        KnownModel("large", ("max",), "other"),
    ),
    roles={"far": Role(settings={"model": "large", "model_provider": "other"})},
)


def started_with(**asked: Any) -> tuple[str, str, str | None]:
    """The provider, the model and the effort of an agent for which these are asked."""
    found = agent_settings(PARENT, SpawnAgent((), **asked), KNOWN, 0)
    return found.model_provider, found.model, found.effort


def test_a_model_of_another_provider_is_chosen_by_provider_and_name() -> None:
    assert started_with() == ("own", "large", None)
    assert started_with(model="small") == ("own", "small", None)
    assert started_with(model="other:large", effort="max") == ("other", "large", "max")
    assert started_with(role="far", model="own:small") == ("own", "small", None)
    assert started_with(model="small", effort="any") == ("own", "small", "any")
    with pytest.raises(ValueError, match="Available models: large, small, other:large"):
        started_with(model="huge")
    with pytest.raises(ValueError, match=r"`max` is not supported for model `large`.*: low, high"):
        started_with(model="large", effort="max")


def test_any_model_name_is_accepted_of_a_provider_without_a_list_of_models() -> None:
    parent = PARENT.model_copy(update={"model_provider": "blank"})
    found = agent_settings(parent, SpawnAgent((), model="any"), KNOWN, 0)
    assert (found.model_provider, found.model) == ("blank", "any")


def test_an_agent_gets_a_built_in_or_configured_role_and_a_nickname_of_that_role() -> None:
    plain = agent_settings(PARENT, SpawnAgent((), role="worker"), KNOWN, 1)
    assert (plain.agent_role, plain.agent_nickname) == ("worker", NICKNAMES[1])
    solo = AgentPolicy(roles={"default": Role(nicknames=("Solo", "Duo"))})
    assert agent_settings(PARENT, SpawnAgent(()), solo, 3).agent_nickname == "Duo"
    with pytest.raises(ValueError, match="unknown agent_type 'x'"):
        agent_settings(PARENT, SpawnAgent((), role="x"), KNOWN, 0)


SAYS = [{"type": "input_text", "text": "hi"}]
TALK: list[tuple[dict[str, Any], bool]] = [
    ({"role": "user", "content": SAYS}, True),
    ({"type": "message", "role": "user", "content": SAYS}, True),
    ({"type": "message", "role": "user", "content": []}, True),
    ({"type": "message", "role": "user", "content": "hi"}, True),
    ({"type": "message", "role": "user", "content": [{"type": "input_image"}, *SAYS]}, True),
    ({"type": "reasoning", "role": "user", "content": SAYS}, False),
    ({"type": "message", "role": "developer", "content": SAYS}, False),
    ({"type": "message", "role": "assistant", "content": SAYS}, False),
    ({"type": "message", "role": "assistant", "phase": "commentary", "content": SAYS}, False),
    ({"type": "message", "role": "assistant", "phase": "final_answer", "content": SAYS}, True),
    *(({"role": "user", "content": [{"text": f"{words} x"}]}, False) for words in CONTEXT),
]


@each(("item", "is_talk"), TALK)
def test_an_agent_with_the_conversation_of_its_parent_gets_user_messages_and_final_answers(
    item: dict[str, Any], *, is_talk: bool
) -> None:
    assert messages_in([json.dumps(item).encode()]) == [item] * is_talk
