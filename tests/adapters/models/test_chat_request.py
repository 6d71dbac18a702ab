"""History, settings and tools as a request of the chat completions API."""

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.model_calls import request, tool_output, user
from threadhost.actors.models import ModelRequest, ModelSettings
from threadhost.adapters.models import chat
from threadhost.adapters.models.flat_names import FlatNames, Tool, flat_name
from threadhost.adapters.models.provider import Provider
from threadhost.events.acceptable import Rendering
from threadhost.events.input_items import line_of

PROVIDER = Provider("test", "http://127.0.0.1", wire="chat")
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBO"}


def item(**members: Any) -> bytes:
    return json.dumps(members).encode()


def said(text: str) -> bytes:
    content = [{"type": "output_text", "text": text}]
    return item(type="message", role="assistant", content=content, phase="commentary")


def instructed(text: str) -> bytes:
    content = [{"type": "input_text", "text": text}]
    return item(type="message", role="developer", content=content)


def call(call_id: str, name: str = "look", **more: Any) -> bytes:
    return item(type="function_call", call_id=call_id, name=name, arguments="{}", **more)


def body(call: ModelRequest, provider: Provider = PROVIDER) -> Any:
    return json.loads(chat.body(call, provider))


def messages(*history: bytes, **settings: Any) -> Any:
    return body(request(*history, settings=ModelSettings("m", **settings)))["messages"]


def calling(*ids: str, content: str | None = None, name: str = "look") -> Any:
    function = {"name": name, "arguments": "{}"}
    calls = [{"id": id_, "type": "function", "function": function} for id_ in ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def answered(call_id: str, text: str = "done") -> Any:
    return {"role": "tool", "content": text, "tool_call_id": call_id}


def test_messages_of_user_and_assistant_become_plain_text_messages() -> None:
    assert messages(user("hello"), said("hi"), user("bye")) == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "bye"},
    ]


def test_instructions_before_the_first_message_become_one_system_message() -> None:
    told = messages(instructed("three"), user("hello"), instructions="one", developer="two")

    assert told == [
        {"role": "system", "content": "one\n\ntwo\n\nthree"},
        {"role": "user", "content": "hello"},
    ]


def test_later_instructions_are_sent_with_the_next_message_of_the_user() -> None:
    told = messages(user("hello"), said("hi"), instructed("be brief"), user("why?"))

    assert told[2:] == [{"role": "user", "content": "<developer>\nbe brief\n</developer>\n\nwhy?"}]


def test_messages_of_one_role_in_a_row_are_joined() -> None:
    assert messages(user("a"), user("b"), said("c"), said("d")) == [
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "c\n\nd"},
    ]


def test_text_and_parallel_calls_are_one_message_and_the_outputs_follow_in_their_order() -> None:
    history = [said("Both."), call("a"), call("b"), tool_output("b", "B"), tool_output("a", "A")]

    assert messages(user("go"), *history, said("Done."))[1:] == [
        calling("a", "b", content="Both."),
        answered("a", "A"),
        answered("b", "B"),
        {"role": "assistant", "content": "Done."},
    ]


def test_calls_of_two_answers_are_two_messages() -> None:
    history = [call("a"), tool_output("a"), call("b"), tool_output("b")]

    assert messages(user("go"), *history)[1:] == [
        calling("a"),
        answered("a"),
        calling("b"),
        answered("b"),
    ]


def test_messages_between_a_call_and_its_output_are_sent_after_the_output() -> None:
    history = [
        call("a"),
        user("wait"),
        call("b"),
        tool_output("a"),
        said("on it"),
        tool_output("b"),
    ]

    assert messages(user("go"), *history)[1:] == [
        calling("a", "b", content="on it"),
        answered("a"),
        answered("b"),
        {"role": "user", "content": "wait"},
    ]


def test_pictures_are_parts_beside_the_text_of_their_message() -> None:
    content = [{"type": "input_text", "text": "look"}, {**PICTURE, "detail": "low"}]

    assert messages(item(type="message", role="user", content=content), user("well?")) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {
                    "type": "image_url",
                    "image_url": {"url": PICTURE["image_url"], "detail": "low"},
                },
                {"type": "text", "text": "well?"},
            ],
        }
    ]


def test_a_picture_that_a_tool_gave_follows_in_a_message_of_the_user() -> None:
    output = [{"type": "input_text", "text": "here"}, PICTURE]
    answer = item(type="function_call_output", call_id="a", output=output)

    assert messages(user("go"), call("a"), call("b"), answer, tool_output("b"), said("nice"))[
        2:
    ] == [
        answered("a", "here\n[a picture: it follows in the next message of the user]"),
        answered("b"),
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "[the picture that the tool gave]"},
                {"type": "image_url", "image_url": {"url": PICTURE["image_url"]}},
            ],
        },
        {"role": "assistant", "content": "nice"},
    ]


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (
            {"type": "input_audio", "audio_url": "data:audio/wav;base64,UklG"},
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "mp3"}},
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "mp3"}},
        ),
        (
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf,x"},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf,x"}},
        ),
    ],
)
def test_sound_and_files_are_parts(part: Any, made: Any) -> None:
    (message,) = messages(item(type="message", role="user", content=[part]))

    assert message["content"] == [made]


def test_a_part_that_the_api_does_not_support_becomes_a_note() -> None:
    content = [{"type": "input_image", "file_id": "file-1"}]

    (message,) = messages(item(type="message", role="user", content=content))

    assert message["content"] == "[content that this model cannot be shown]"


def test_reasoning_is_not_sent_to_the_chat_api() -> None:
    thought = item(type="reasoning", summary=[], encrypted_content="b3BhcXVl")

    assert messages(user("a"), thought, said("b")) == messages(user("a"), said("b"))


def test_settings_become_members_of_the_body() -> None:
    settings = ModelSettings(
        "m",
        effort="high",
        summary="auto",
        verbosity="low",
        service_tier="flex",
        output_schema={"type": "object"},
    )

    told = body(request(user("hi"), settings=settings))

    assert told == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "reasoning_effort": "high",
        "verbosity": "low",
        "service_tier": "flex",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": {"type": "object"}, "strict": True},
        },
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_a_provider_adds_fields_takes_some_away_and_asks_for_the_cache_key() -> None:
    fields = {"stream_options": None, "temperature": 0}
    told = body(request(user("hi")), PROVIDER._replace(body=fields, prompt_cache_key=True))

    assert "stream_options" not in told
    assert (told["temperature"], told["prompt_cache_key"]) == (0, "thread-1")


def tool(name: str, **more: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}}
    return {"type": "function", "name": name, "description": f"{name}!", "strict": False} | {
        "parameters": parameters,
        **more,
    }


def test_tools_of_namespaces_become_functions_with_both_names_joined() -> None:
    tree = {"type": "namespace", "name": "tree", "description": "Threads.", "tools": [tool("go")]}
    tools = (item(**tool("look")), item(**tree), item(type="web_search"))

    told = body(request(user("hi"), call("a", "go", namespace="tree"))._replace(tools=tools))

    functions = [one["function"] for one in told["tools"]]
    assert [one["type"] for one in told["tools"]] == ["function", "function"]
    assert [one["name"] for one in functions] == ["look", "tree__go"]
    assert [one["description"] for one in functions] == ["look!", "tree: Threads.\n\ngo!"]
    assert functions[0]["parameters"] == {"type": "object", "properties": {}}
    assert told["messages"][1] == calling("a", name="tree__go")


names = st.text("ab_", min_size=1, max_size=3) | st.sampled_from(["a" * 64, "b" * 70, "a__b"])


@given(st.lists(st.builds(Tool, st.just("") | names, names), unique=True, max_size=8))
@example([Tool("a", "b"), Tool("", "a__b"), Tool("a__b", "c"), Tool("a", "b__c")])
def test_every_tool_has_one_short_unique_name_that_leads_back_to_the_tool(
    tools: list[Tool],
) -> None:
    cut = {(tool.namespace[:64], tool.name[:64]): tool for tool in tools}
    tools = [*cut.values()]
    flat = FlatNames(tools)

    names = [flat.of(tool) for tool in tools]

    assert [flat.tool(name) for name in names] == tools
    assert all(0 < len(name) <= 64 for name in names)


def test_a_tool_that_is_no_longer_offered_keeps_its_name() -> None:
    gone = Tool("tree", "x" * 64)

    assert FlatNames().of(gone) == flat_name(gone) == FlatNames([gone]).of(gone)
    assert FlatNames().tool("nobody_has_it") == Tool("", "nobody_has_it")


def strictly(told: list[Any]) -> None:
    """Refuse what a strict server refuses: see the templates of Mistral, Gemma and Qwen."""
    roles = [message["role"] for message in told]
    assert "system" not in roles[1:]
    open_calls: list[str] = []
    before = ""
    for message in told:
        assert message["content"] or message.get("tool_calls") or message["role"] == "tool"
        if message["role"] == "tool":
            open_calls.remove(message["tool_call_id"])
        else:
            assert not open_calls
            assert message["role"] != before or before == "assistant"
            open_calls = [call["id"] for call in message.get("tool_calls", ())]
        before = message["role"]
    assert not open_calls


ids = st.sampled_from(["a", "b", "c"])
words = st.text(max_size=3)
parts = st.lists(
    st.builds(lambda text: {"type": "input_text", "text": text}, words) | st.just(PICTURE),
    max_size=2,
)
items = st.one_of(
    st.builds(
        lambda role, content: {"type": "message", "role": role, "content": content},
        st.sampled_from(["user", "assistant", "developer", "system", "odd"]),
        parts | words,
    ),
    st.builds(lambda id_: {"type": "function_call", "call_id": id_, "name": "t"}, ids),
    st.builds(
        lambda id_, output: {"type": "function_call_output", "call_id": id_, "output": output},
        ids,
        parts | words,
    ),
    st.just({"type": "reasoning", "summary": [], "encrypted_content": "x"}),
    st.just({"type": "compaction", "encrypted_content": "x"}),
)


@given(st.lists(items, max_size=12))
def test_any_history_becomes_messages_that_a_strict_server_accepts(history: list[Any]) -> None:
    rendering = Rendering("", [line_of(one) for one in history])

    strictly(messages(*rendering.result().lines))


def test_a_request_of_two_thousand_cached_items_costs_less_than_15_ms() -> None:
    long = request(*(line for n in range(500) for line in _turn(n)))
    chat.body(long, PROVIDER)

    assert len(long.history) == 2000
    assert min(_cpu_ms(long) for _ in range(5)) < 15


def _turn(n: int) -> list[bytes]:
    call_id = f"call-{n}"
    return [user(f"{n} " * 80), call(call_id), tool_output(call_id, "x" * 200), said(f"{n} " * 40)]


def _cpu_ms(call: ModelRequest) -> float:
    start = process_time()
    chat.body(call, PROVIDER)
    return (process_time() - start) * 1000
