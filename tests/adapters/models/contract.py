"""The contract of every model client, whatever is behind it."""

import asyncio

import pytest

from tests.support.model_calls import (
    WAIT_S,
    collect,
    collect_into,
    done_text,
    function_call,
    request,
    script,
    streaming,
    text_of,
    tool_output,
    user,
)
from threadhost.actors.models import (
    FunctionCall,
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models.providers import ProviderClient

TREE = b"""{"type": "namespace", "name": "tree", "description": "Threads.", "tools": [
    {"type": "function", "name": "spawn", "description": "", "parameters": {"type": "object"}}
]}"""


async def with_tools(client: ProviderClient, *history: bytes) -> list[ModelEvent]:
    """All events of one call that offers a tool."""
    async with streaming(client, request(*history)._replace(tools=(TREE,))) as events:
        return [event async for event in events]


class ModelClientContract:
    """The tests of a client; inherit them and give a fixture `client`."""

    calls_at_once = 100

    @pytest.fixture
    def thought(self) -> tuple[ReasoningDelta, Reasoning]:
        """The events of a model that thinks "let me see"."""
        return (
            ReasoningDelta(0, 0, "let me see"),
            Reasoning(("let me see",), encrypted="b3BhcXVl"),
        )

    async def test_a_response_comes_in_order(self, client: ProviderClient) -> None:
        events = await collect(client, user(script({"text": "hi there", "deltas": 2})))

        kinds = [type(event) for event in events]
        assert kinds == [OutputStarted, TextDelta, TextDelta, OutputDone, ResponseDone]
        assert [event.text for event in events if isinstance(event, TextDelta)] == ["hi t", "here"]
        assert [e.number for e in events if isinstance(e, (OutputStarted, OutputDone))] == [0, 0]

    async def test_deltas_join_to_the_text_that_is_done(self, client: ProviderClient) -> None:
        text = "ein längerer Text, 漢字 and 🙂 \n\r\n\u2028 in many pieces"
        events = await collect(client, user(script({"text": text, "deltas": 11})))

        assert text_of(events) == text == done_text(events)

    async def test_usage_is_reported_as_the_provider_counted_it(
        self, client: ProviderClient
    ) -> None:
        usage = {"input": 7, "cached_input": 3, "output": 4, "reasoning_output": 2, "total": 11}
        events = await collect(client, user(script({"usage": usage})))

        assert isinstance(events[-1], ResponseDone)
        assert events[-1].usage == TokenUsage(7, 3, 4, 2, 11)

    async def test_a_script_without_usage_reports_ten_input_and_five_output_tokens(
        self, client: ProviderClient
    ) -> None:
        events = await collect(client, user(script({})))

        assert isinstance(events[-1], ResponseDone)
        assert events[-1][:3] == ("resp-1", TokenUsage(10, 0, 5, 0, 15), None)
        assert text_of(events) == "ok"

    async def test_reasoning_is_streamed_and_completed_with_the_providers_sealed_form(
        self, client: ProviderClient, thought: tuple[ReasoningDelta, Reasoning]
    ) -> None:
        events = await collect(client, user(script({"reasoning": "let me see", "text": "so"})))

        delta, whole = thought
        assert events[:3] == [OutputStarted(0, "reasoning"), delta, OutputDone(0, whole)]
        assert [e.number for e in events if isinstance(e, OutputStarted)] == [0, 1]
        assert text_of(events) == "so"

    async def test_a_call_is_an_item_and_its_output_selects_the_next_step(
        self, client: ProviderClient
    ) -> None:
        call = {"name": "spawn", "namespace": "tree", "args": {"n": 1}}
        prompt = user(script({"calls": [call]}, {"text": "spawned"}))

        made = function_call("call-1-0", "spawn", "tree")
        first = await with_tools(client, prompt)
        second = await with_tools(client, prompt, made, tool_output("call-1-0"))

        first = [event for event in first if not isinstance(event, TextDelta)]
        assert [type(event) for event in first] == [OutputStarted, OutputDone, ResponseDone]
        assert isinstance(first[1], OutputDone)
        assert first[1].item == FunctionCall("spawn", '{"n": 1}', "tree")
        assert text_of(second) == "spawned"

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("serverOverloaded", 503),
            ("unauthorized", 401),
            ("rateLimitExceeded", 429),
            ("usageLimitExceeded", 429),
            ("badRequest", 400),
            ("contextWindowExceeded", 400),
            ("internalServerError", 500),
            ("contextWindowExceeded", None),
            ("other", None),
        ],
    )
    async def test_a_failure_has_words_a_code_and_a_status(
        self, client: ProviderClient, code: str, status: int | None
    ) -> None:
        failure = {"message": "no more today", "code": code, "http_status": status}

        with pytest.raises(ModelFailed, match="no more today") as failed:
            await collect(client, user(script({"fail": failure})))

        assert (failed.value.code, failed.value.http_status) == (code, status)

    async def test_a_stream_that_breaks_yields_its_events_and_then_fails(
        self, client: ProviderClient
    ) -> None:
        prompt = user(script({"text": "abcd", "deltas": 4, "break": True}))
        got: list[ModelEvent] = []

        with pytest.raises(ModelFailed, match=r"closed before response\.completed") as failed:
            await collect_into(got, client, prompt)

        assert text_of(got) == "ab"
        assert failed.value.code == "responseStreamDisconnected"

    async def test_a_hanging_stream_ends_when_it_is_cancelled(self, client: ProviderClient) -> None:
        arrived = asyncio.Event()

        async def consume() -> None:
            call = request(user(script({"text": "so far", "hang": True})))
            async with streaming(client, call) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        arrived.set()

        task = asyncio.create_task(consume())
        await asyncio.wait_for(arrived.wait(), WAIT_S)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)

        assert done
        assert task.cancelled()

    async def test_a_client_serves_again_after_every_kind_of_end(
        self, client: ProviderClient
    ) -> None:
        await self.test_a_stream_that_breaks_yields_its_events_and_then_fails(client)
        await self.test_a_hanging_stream_ends_when_it_is_cancelled(client)

        assert text_of(await collect(client, user(script({"text": "still here"})))) == "still here"

    async def test_many_calls_at_once_do_not_mix(self, client: ProviderClient) -> None:
        texts = [f"answer {n}" for n in range(self.calls_at_once)]
        steps = [user(script({"text": text, "deltas": 3, "gap_ms": 1})) for text in texts]

        answers = await asyncio.gather(*(collect(client, step) for step in steps))

        assert [text_of(answer) for answer in answers] == texts

    async def test_closing_twice_is_harmless(self, client: ProviderClient) -> None:
        await client.close()
        await client.close()
