"""The offline model: the contract of every client, and its scripts."""

import pytest

from tests.adapters.models.contract import ModelClientContract
from tests.support.each import each
from tests.support.model_calls import collect, done_text, script, text_of, tool_output, user
from threadhost.actors.models import ModelFailed, TextDelta
from threadhost.adapters.models.echo import LARGE_BYTES, EchoClient, word_groups


class TestEchoClient(ModelClientContract):
    @pytest.fixture
    def client(self) -> EchoClient:
        return EchoClient()


async def test_the_echo_model_repeats_the_last_message_in_four_deltas() -> None:
    events = await collect(EchoClient(), user("one two three four five six seven"))

    assert [event.text for event in events if isinstance(event, TextDelta)] == [
        "one two ",
        "three four ",
        "five six ",
        "seven",
    ]


@each(
    "text",
    ["a", " a b\n c ", "x" * 1000, "\n\n", "1 2 3 4 5 6 7 8 9", "a b " * LARGE_BYTES],
    ids=len,
)
def test_word_groups_join_to_the_text_and_are_at_most_four(text: str) -> None:
    assert "".join(word_groups(text)) == text
    assert 1 <= len(word_groups(text)) <= 4


async def test_a_large_text_is_read_beside_the_loop_and_its_script_is_played() -> None:
    text = "x" * LARGE_BYTES
    assert text_of(await collect(EchoClient(), user(text))) == text
    played = user(text + '\n@echo {"steps": [{"text": "found"}]}')
    assert text_of(await collect(EchoClient(), played)) == "found"


async def test_the_echo_model_answers_an_empty_prompt_with_ok() -> None:
    assert text_of(await collect(EchoClient())) == "ok"
    assert text_of(await collect(EchoClient(), user(""))) == "ok"


async def test_the_echo_model_with_a_reply_always_gives_that_reply_unless_scripted() -> None:
    client = EchoClient(reply="ok")

    assert text_of(await collect(client, user("hello"))) == "ok"
    assert text_of(await collect(client, user(script({"text": "scripted"})))) == "scripted"


async def test_the_last_user_message_counts() -> None:
    scripted = user(script({"text": "old"}))

    assert text_of(await collect(EchoClient(), scripted, user("new"))) == "new"


async def test_a_message_may_be_a_plain_string_without_a_type() -> None:
    history = b'{"role":"user","content":"plain"}'

    assert text_of(await collect(EchoClient(), history)) == "plain"


async def test_the_last_step_of_a_script_is_repeated() -> None:
    prompt = user(script({"calls": [{"name": "t"}]}, {"text": "last"}))

    outputs = [tool_output()] * 5
    assert text_of(await collect(EchoClient(), prompt, *outputs)) == "last"


async def test_a_recorded_script_behind_the_older_marker_plays() -> None:
    text = 'hello\n@@mock {"steps": [{"text": "hi there", "deltas": 2}]}'

    assert done_text(await collect(EchoClient(reply="ok"), user(text))) == "hi there"


async def test_a_step_with_a_status_alone_fails_with_that_status() -> None:
    with pytest.raises(ModelFailed) as failed:
        await collect(EchoClient(), user('@@mock {"steps": [{"status": 429}]}'))

    assert (failed.value.code, failed.value.http_status) == ("rateLimitExceeded", 429)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("@echo {", "at character"),
        ('@echo {"steps": []}', "steps: Tuple should have at least 1 item"),
        ('@echo {"steps": [{"tetx": "a"}]}', "steps.0.tetx: Extra inputs"),
        ('@echo {"steps": [{"delay_ms": -1}]}', "steps.0.delay_ms: Input should be greater"),
        ('@echo {"steps": [{"delay_ms": 1e300}]}', "steps.0.delay_ms: "),
        ('@echo {"steps": [{"text": "\\ud800"}]}', "bad @echo script: Invalid JSON"),
        ('@echo {"steps": ' + "[" * 100_000, "nested too deeply"),
        ("@@mock {}", "steps: Field required"),
    ],
)
async def test_a_broken_script_is_answered_with_its_fault(line: str, fault: str) -> None:
    said = text_of(await collect(EchoClient(), user(f"hello\n{line}")))

    assert said.startswith("bad @echo script: ")
    assert fault in said
    said.encode()


@pytest.mark.parametrize("text", ["@echo off\necho hi", "write to me@echo {x}", "what is @echo?"])
async def test_words_that_only_resemble_a_script_are_echoed(text: str) -> None:
    assert text_of(await collect(EchoClient(), user(text))) == text


async def test_a_scripted_failure_is_transient_if_the_script_says_so() -> None:
    failed = {"code": "serverOverloaded", "transient": True, "retry_after_ms": 40}
    for fail, is_transient in ((failed, True), ({**failed, "transient": False}, False)):
        with pytest.raises(ModelFailed) as raised:
            await collect(EchoClient(), user(script({"fail": fail})))
        assert (raised.value.is_transient, raised.value.retry_after_ms) == (is_transient, 40)


async def test_a_failure_that_a_second_call_cannot_cure_is_not_transient() -> None:
    with pytest.raises(ModelFailed) as raised:
        await collect(
            EchoClient(), user(script({"fail": {"code": "unauthorized", "transient": True}}))
        )
    assert not raised.value.is_transient
