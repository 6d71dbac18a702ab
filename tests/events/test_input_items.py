"""Each type of input item as providers accept it: every rule of the table, and none that raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import strict
from tests.support.counting import counted
from tests.support.each import each
from tests.support.searching import tries
from threadhost.events.input_items import (
    CALL_ID,
    PICTURE_TOKENS,
    TYPES,
    Line,
    changed_context,
    is_picture,
    line_of,
    message_item,
    message_line,
    output_line,
    with_call_id,
)

PNG = "data:image/png;base64,iVBORw0KGgo="


def made(item: dict[str, Any]) -> dict[str, Any] | None:
    """What is sent of an item; None for nothing."""
    line = line_of(item)
    found: dict[str, Any] | None = json.loads(line.json) if line.json else None
    return found


def part(text: object = "hi", **more: object) -> dict[str, Any]:
    return {"type": "input_text", "text": text, **more}


def says(role: object, *content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(content), **more}


USER = says("user", part())
SAID = says("assistant", {"type": "output_text", "text": "hi"})
MESSAGES: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    (USER, USER),
    ({"role": "user", "content": "hi"}, USER),
    (says("user", part(), id="m", status="completed"), USER),
    (says("user", part(annotations=[])), USER),
    (says("user", {"type": "text", "text": "hi"}), USER),
    (says("nobody", part()), USER),
    (says(None, part()), USER),
    (says(["user"], part()), USER),
    (says("system", part()), says("system", part())),
    (says("developer", part()), says("developer", part())),
    (says("assistant", part()), SAID),
    (says("assistant", part(), phase="commentary"), {**SAID, "phase": "commentary"}),
    (says("assistant", part(), phase="musing"), SAID),
    (says("assistant", part(), phase=7), SAID),
    (says("assistant", part(), phase=["commentary"]), SAID),
    (says("user", part(), phase="commentary"), USER),
    (
        says("assistant", {"type": "refusal", "refusal": "no"}),
        says("assistant", {"type": "refusal", "refusal": "no"}),
    ),
    (says("user", part(), part("")), USER),
    (says("user", part(), None, 5, "x"), USER),
    (says("user"), None),
    (says("user", part("")), None),
    (says("user", part(None)), None),
    (says("assistant", {"type": "input_image", "image_url": PNG}), None),
    ({"type": "message", "role": "user"}, None),
    ({"type": "message", "role": "user", "content": 5}, None),
    ({"type": "message", "role": "user", "content": {"text": "hi"}}, None),
    ({"type": "message", "role": "user", "content": ""}, None),
]


@each(("item", "sent"), MESSAGES, ids=map(str, range(len(MESSAGES))))
def test_a_message_is_sent_with_its_content_and_no_other_fields(
    item: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    assert made(item) == sent


PICTURES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"image_url": PNG}, {"type": "input_image", "image_url": PNG}),
    (
        {"image_url": "https://a.example/x.png", "detail": "low"},
        {"type": "input_image", "image_url": "https://a.example/x.png", "detail": "low"},
    ),
    ({"file_id": "f-1"}, {"type": "input_image", "file_id": "f-1"}),
    ({"image_url": "/tmp/x.png"}, part("[a picture that cannot be shown]")),
    ({"image_url": "data:text/html;base64,PGI+"}, part("[a picture that cannot be shown]")),
    ({"image_url": "data:image/png;base64,"}, part("[a picture that cannot be shown]")),
    ({"image_url": "data:image/svg+xml;base64,PHN2Zz4="}, part("[a picture that cannot be shown]")),
    ({"image_url": 7}, part("[a picture that cannot be shown]")),
    ({}, part("[a picture that cannot be shown]")),
]


@each(("given", "sent"), PICTURES, ids=map(str, range(len(PICTURES))))
def test_an_image_is_sent_if_a_model_accepts_its_url(
    given: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert made(says("user", {"type": "input_image", **given})) == says("user", sent)
    assert is_picture(given.get("image_url")) == (sent.get("image_url") is not None)


def test_audio_and_files_are_sent_unchanged_without_their_id() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "x", "format": "wav"}}
    file = {"type": "input_file", "file_id": "f", "id": "x"}
    without_id = {key: value for key, value in file.items() if key != "id"}
    assert made(says("user", sound, file)) == says("user", sound, without_id)


THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]}
THOUGHTS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({**THOUGHT, "encrypted_content": "e"}, {**THOUGHT, "encrypted_content": "e"}),
    (
        {
            **THOUGHT,
            "encrypted_content": "e",
            "id": "rs",
            "content": [{"text": "b"}],
            "status": "x",
        },
        {**THOUGHT, "encrypted_content": "e"},
    ),
    (
        {"type": "reasoning", "encrypted_content": "e", "summary": [None, {"text": 7}, "x"]},
        {"type": "reasoning", "encrypted_content": "e", "summary": []},
    ),
    (
        {"type": "reasoning", "encrypted_content": "e", "summary": "x"},
        {"type": "reasoning", "encrypted_content": "e", "summary": []},
    ),
    (THOUGHT, None),
    ({**THOUGHT, "encrypted_content": ""}, None),
    ({**THOUGHT, "encrypted_content": ["e"]}, None),
]


@each(("item", "sent"), THOUGHTS, ids=map(str, range(len(THOUGHTS))))
def test_reasoning_is_sent_with_its_encrypted_content(
    item: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    assert made(item) == sent


CALL = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
CALLS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    (CALL, CALL),
    ({**CALL, "id": "fc", "status": "completed"}, CALL),
    ({**CALL, "namespace": "box"}, {**CALL, "namespace": "box"}),
    ({**CALL, "namespace": "a box"}, {**CALL, "namespace": "a_box"}),
    ({**CALL, "namespace": ""}, CALL),
    ({**CALL, "namespace": ["box"]}, CALL),
    ({**CALL, "name": "lo\0ok"}, {**CALL, "name": "lo_ok"}),
    ({**CALL, "name": "look\n"}, {**CALL, "name": "look_"}),
    ({**CALL, "name": "x" * 128}, {**CALL, "name": "x" * 128}),
    ({**CALL, "name": "x" * 129}, {**CALL, "name": "x" * 128}),
    ({**CALL, "name": ""}, {**CALL, "name": "unnamed"}),
    ({**CALL, "name": None}, {**CALL, "name": "unnamed"}),
    ({**CALL, "arguments": ' {"q": [1.0]} '}, {**CALL, "arguments": ' {"q": [1.0]} '}),
    ({**CALL, "arguments": ""}, CALL),
    ({**CALL, "arguments": " \n"}, CALL),
    ({**CALL, "arguments": None}, CALL),
    ({**CALL, "arguments": {"q": 1}}, {**CALL, "arguments": '{"q":1}'}),
    ({**CALL, "arguments": "{"}, {**CALL, "arguments": '{"invalid_arguments":"{"}'}),
    ({**CALL, "arguments": "null"}, {**CALL, "arguments": '{"invalid_arguments":"null"}'}),
    (
        {**CALL, "arguments": '{"a": NaN}'},
        {**CALL, "arguments": '{"invalid_arguments":"{\\"a\\": NaN}"}'},
    ),
    ({**CALL, "arguments": ["x"]}, {**CALL, "arguments": '{"invalid_arguments":"[\\"x\\"]"}'}),
    ({**CALL, "arguments": True}, {**CALL, "arguments": '{"invalid_arguments":"true"}'}),
    ({**CALL, "call_id": None}, None),
    ({**CALL, "call_id": ""}, None),
    ({**CALL, "call_id": None, "id": "fc"}, {**CALL, "call_id": "fc"}),
    (
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "x"},
        {**CALL, "name": "patch", "arguments": '{"input":"x"}'},
    ),
    (
        {"type": "local_shell_call", "call_id": "c", "action": {"command": ["ls"]}},
        {**CALL, "name": "local_shell", "arguments": '{"command":["ls"]}'},
    ),
    (
        {"type": "tool_search_call", "call_id": "c", "arguments": {"q": 1}},
        {**CALL, "name": "tool_search", "arguments": '{"q":1}'},
    ),
]


@each(("item", "sent"), CALLS, ids=map(str, range(len(CALLS))))
def test_a_call_is_sent_with_a_tool_name_and_arguments_that_are_an_object(
    item: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    assert made(item) == sent
    line = line_of(item)
    if sent is not None:
        assert (line.kind, line.call_id) == ("call", sent["call_id"])


def test_an_invalid_call_id_is_replaced_by_its_digest_in_call_and_output() -> None:
    for odd in ("x" * 65, "a b", "\0", "ü"):
        call, output = (
            line_of({"type": kind, "call_id": odd, "name": "look", "output": "x"})
            for kind in ("function_call", "function_call_output")
        )
        assert call.call_id == output.call_id
        assert CALL_ID.fullmatch(call.call_id)


OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "seen"}
OUTPUTS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    (OUTPUT, OUTPUT),
    ({**OUTPUT, "id": "x", "status": "completed"}, OUTPUT),
    ({**OUTPUT, "type": "custom_tool_call_output"}, OUTPUT),
    ({**OUTPUT, "type": "local_shell_call_output"}, OUTPUT),
    ({**OUTPUT, "output": {"a": 1}}, {**OUTPUT, "output": '{"a":1}'}),
    ({**OUTPUT, "output": None}, {**OUTPUT, "output": ""}),
    ({"type": "function_call_output", "call_id": "c"}, {**OUTPUT, "output": ""}),
    (
        {**OUTPUT, "output": [part("a"), {"type": "input_image", "image_url": PNG}]},
        {**OUTPUT, "output": [part("a"), {"type": "input_image", "image_url": PNG}]},
    ),
    ({**OUTPUT, "output": [None, {"type": "what"}, part("")]}, {**OUTPUT, "output": ""}),
    (
        {"type": "tool_search_output", "call_id": "c", "tools": [{"name": "t"}]},
        {**OUTPUT, "output": '[{"name":"t"}]'},
    ),
    ({**OUTPUT, "call_id": ""}, None),
    ({**OUTPUT, "call_id": 7}, None),
]


@each(("item", "sent"), OUTPUTS, ids=map(str, range(len(OUTPUTS))))
def test_an_output_is_a_text_or_parts_that_a_model_accepts(
    item: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    assert made(item) == sent


@each("type_", ["web_search_call", "image_generation_call", "hologram", "", "7"])
def test_items_of_types_that_no_provider_accepts_are_omitted_and_named(type_: str) -> None:
    line = line_of({"type": type_, "id": "x"})
    assert (line.json, line.kind) == (b"", "nothing")
    assert line.mended != ()


def test_a_compaction_item_of_the_provider_is_sent_unchanged() -> None:
    kept = {"type": "compaction", "encrypted_content": "e"}
    assert made({**kept, "id": "x", "status": "completed"}) == kept


def test_the_repairs_of_an_item_are_named() -> None:
    assert line_of(USER).mended == ()
    assert line_of({**CALL, "arguments": "{"}).mended == ("arguments",)
    assert line_of({**CALL, "name": "a b", "arguments": "{"}).mended == (
        "arguments",
        "names of calls",
    )
    assert line_of(says("user", part(), part(""))).mended == ("parts without content",)
    assert line_of(says("user")).mended == ("messages without text",)


def test_only_reasoning_is_bound_to_its_provider() -> None:
    thought = {**THOUGHT, "encrypted_content": "e"}
    assert line_of(thought, "p").provider == "p"
    assert line_of(USER, "p").provider == line_of(CALL, "p").provider == ""


def test_an_image_counts_a_fixed_number_of_tokens_and_text_beside_it_counts_too() -> None:
    picture = {"type": "input_image", "image_url": PNG + "A" * 100_000}
    alone = line_of(says("user", picture)).tokens
    assert PICTURE_TOKENS <= alone < PICTURE_TOKENS + 100
    beside = line_of(says("user", picture, part("x" * 40_000))).tokens
    assert beside > alone + 9_000


def test_lines_made_from_text_equal_those_made_from_items() -> None:
    assert message_line("user", "hi") == line_of(USER)
    assert message_line("assistant", "hi") == line_of(SAID)
    assert output_line("c", "seen") == line_of(OUTPUT)
    assert with_call_id(line_of(CALL), "d") == line_of({**CALL, "call_id": "d"})


ODD: list[Any] = [
    None,
    5,
    True,
    1.5,
    float("inf"),
    "",
    "x",
    "{",
    "x" * 70,
    [],
    {},
    ["x"],
    [[]],
    {"x": 1},
]
PARTS = st.lists(
    st.sampled_from(ODD)
    | st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from([*ODD, "input_text", "input_image", "output_text"]),
            "text": st.sampled_from(ODD),
            "refusal": st.sampled_from(ODD),
            "image_url": st.sampled_from([*ODD, PNG]),
            "file_id": st.sampled_from(ODD),
        },
    ),
    max_size=2,
)
KEYS = {
    "message": ["role", "content", "phase"],
    "reasoning": ["summary", "encrypted_content", "id"],
    "function_call": ["call_id", "id", "name", "namespace", "arguments"],
    "custom_tool_call": ["call_id", "id", "name", "input"],
    "local_shell_call": ["call_id", "id", "action"],
    "tool_search_output": ["call_id", "tools", "output"],
    "function_call_output": ["call_id", "output"],
}
ANY_KEYS = sorted({key for keys in KEYS.values() for key in keys})


def odd_items(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    """Items of a type, their fields missing or of whatever kind."""
    value = st.sampled_from(ODD) | PARTS
    fields = dict.fromkeys(KEYS.get(type_, ANY_KEYS), value)
    if "role" in fields:
        fields["role"] = st.sampled_from([*ODD, "assistant", "assistant", "user", "developer"])
    return st.fixed_dictionaries({"type": st.just(type_)}, optional=fields)


@pytest.mark.slices
@pytest.mark.parametrize("type_", [*TYPES, "hologram"])
@given(st.data())
@tries(30)
def test_any_item_becomes_a_line_that_a_provider_accepts(type_: str, data: st.DataObject) -> None:
    line = line_of(data.draw(odd_items(type_)))
    assert isinstance(line, Line)
    if line.kind == "nothing":
        assert (line.json, line.tokens) == (b"", 0)
        return
    sent = json.loads(line.json, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert line.tokens > 0
    assert not {"id", "status"} & sent.keys()
    if line.kind == "call":
        assert CALL_ID.fullmatch(line.call_id)
        assert strict.NAME.fullmatch(sent["name"])
        assert isinstance(json.loads(sent["arguments"]), dict)
    if sent["type"] == "message":
        assert sent["content"]
        assert all(one.get("text", one) for one in sent["content"])


def context(count: int, text: str = "x") -> list[dict[str, Any]]:
    return [message_item("developer", f"<n{n}>{text}</n{n}>") for n in range(count)]


def test_only_context_messages_that_differ_from_the_last_of_their_tag_are_sent() -> None:
    lines = [*map(line_of, context(3)), line_of(context(2, "y")[1]), message_line("user", "hi")]
    assert list(changed_context(context(4), lines)) == [context(4)[1], context(4)[3]]


def test_context_messages_with_similar_tags_are_distinguished() -> None:
    both = [message_item("user", f"<{name}>x</{name}>") for name in ("a>b", "a>c")]
    assert list(changed_context(both, list(map(line_of, both)))) == []


@pytest.mark.slices
def test_changed_context_messages_are_determined_in_one_pass_over_the_history() -> None:
    steps = []
    for count in (100, 1_000):
        lines = list(map(line_of, context(count, "y")))
        with counted() as taken:
            assert len(list(changed_context(context(count), lines))) == count
        steps.append(taken.bytecodes)
    assert steps[1] < 20 * steps[0]
