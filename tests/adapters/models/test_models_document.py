"""docs/models.md holds: its scripts play, its tables name what the code knows."""

import re
from pathlib import Path

import pytest

from tests.support.model_calls import (
    collect,
    collect_into,
    request,
    streaming,
    text_of,
    tool_output,
    user,
)
from threadhost.actors.models import FunctionCall, ModelEvent, ModelFailed, OutputDone, TextDelta
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.failures import BY_PROVIDER_CODE, BY_STATUS
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.script import Step

DOCUMENT = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
WAITING, CALLING, LOOKING, FAILING, HANGING = re.findall(
    r"^```echo\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL
)


async def played(prompt: str) -> list[ModelEvent]:
    events: list[ModelEvent] = []
    await collect_into(events, EchoClient(), user(prompt))
    return events


async def test_the_example_that_waits_says_hello_in_three_pieces() -> None:
    events = await played(WAITING)

    assert text_of(events) == "hello, world"
    assert sum(isinstance(event, TextDelta) for event in events) == 3


async def test_the_example_that_calls_a_tool_calls_it() -> None:
    events = await played(CALLING)

    [call] = [event.item for event in events if isinstance(event, OutputDone)]
    assert isinstance(call, FunctionCall)
    assert call.name == "spawn_agent"


async def test_the_example_that_looks_says_what_the_tool_said() -> None:
    answered = tool_output(output="a door")

    assert text_of(await collect(EchoClient(), user(LOOKING), answered)) == "I see a door"


async def test_the_example_that_fails_fails_as_it_says() -> None:
    with pytest.raises(ModelFailed, match="try again tomorrow") as failed:
        await played(FAILING)

    assert (failed.value.code, failed.value.http_status) == ("usageLimitExceeded", 429)


async def test_the_example_that_hangs_speaks_first() -> None:
    said = ""
    async with streaming(EchoClient(), request(user(HANGING))) as events:
        async for event in events:
            said += event.text if isinstance(event, TextDelta) else ""
            if said == "so far so good":
                break

    assert said == "so far so good"


def test_every_member_of_a_step_has_its_line_and_no_other_has() -> None:
    table = DOCUMENT.partition("| member of a step |")[2].partition("\n\n")[0]
    members = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert sorted(members) == sorted(f.alias or name for name, f in Step.model_fields.items())


def test_every_code_and_status_that_can_come_back_is_named() -> None:
    table = DOCUMENT.partition("| cause |")[2].partition("\n\n")[0]
    rare = {"cyberPolicy"}

    for code in {*BY_STATUS.values(), *BY_PROVIDER_CODE.values()} - rare:
        assert f"`{code}`" in table
    for status in BY_STATUS:
        assert str(status) in table


def test_the_limits_are_those_of_the_code() -> None:
    limits = TransportLimits()

    assert f"within {limits.connect_timeout_ms // 1000} s" in DOCUMENT
    assert f"silent for {limits.idle_timeout_ms // 1000} s" in DOCUMENT
    assert f"over {limits.response_bytes_max >> 20} MiB" in DOCUMENT
    assert f"event over {limits.event_bytes_max >> 20} MiB" in DOCUMENT
