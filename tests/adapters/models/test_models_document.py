"""docs/models.md is true: its scripts run, its tables name the members of the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.each import each
from tests.support.model_calls import (
    collect,
    collect_into,
    request,
    streaming,
    text_of,
    tool_output,
    user,
)
from threadhost.actors.model_settings import (
    COUNTS,
    PERSONALITIES,
    TEXTS,
    TURN_TIMEOUT,
    model_settings,
)
from threadhost.actors.models import (
    CallLimits,
    FunctionCall,
    ModelEvent,
    ModelFailed,
    OutputDone,
    TextDelta,
)
from threadhost.actors.retry import FIRST_WAIT_MS
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.adapters import pictures
from threadhost.adapters.configuration.thread_keys import SETTINGS
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.failures import (
    BY_PROVIDER_CODE,
    BY_STATUS,
    TRANSIENT_STATUSES,
    failure_of_status,
)
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import Provider, WireName
from threadhost.adapters.models.script import Step
from threadhost.adapters.models.wires import WIRES, wire
from threadhost.events.input_items import NAME_CHARS_MAX
from threadhost.events.thread import ThreadSettings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
WAITING, CALLING, LOOKING, FAILING, HANGING = re.findall(
    r"^```echo\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL
)


async def played(prompt: str) -> list[ModelEvent]:
    events: list[ModelEvent] = []
    await collect_into(events, EchoClient(), user(prompt))
    return events


async def test_the_waiting_example_of_the_document_streams_hello_in_three_pieces() -> None:
    events = await played(WAITING)

    assert text_of(events) == "hello, world"
    assert sum(isinstance(event, TextDelta) for event in events) == 3


async def test_the_calling_example_of_the_document_calls_its_tool() -> None:
    events = await played(CALLING)

    [call] = [event.item for event in events if isinstance(event, OutputDone)]
    assert isinstance(call, FunctionCall)
    assert call.name == "spawn_agent"


async def test_the_looking_example_of_the_document_repeats_the_output_of_the_tool() -> None:
    answered = tool_output(output="a door")

    assert text_of(await collect(EchoClient(), user(LOOKING), answered)) == "I see a door"


async def test_the_failing_example_of_the_document_fails_with_its_code_and_status() -> None:
    with pytest.raises(ModelFailed, match="try again tomorrow") as failed:
        await played(FAILING)

    assert (failed.value.code, failed.value.http_status) == ("usageLimitExceeded", 429)


async def test_the_hanging_example_of_the_document_streams_text_first() -> None:
    said = ""
    async with streaming(EchoClient(), request(user(HANGING))) as events:
        async for event in events:
            said += event.text if isinstance(event, TextDelta) else ""
            if said == "so far so good":
                break

    assert said == "so far so good"


def test_the_document_has_one_line_for_every_member_of_a_step() -> None:
    table = DOCUMENT.partition("| member of a step |")[2].partition("\n\n")[0]
    members = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert sorted(members) == sorted(f.alias or name for name, f in Step.model_fields.items())


def table(head: str) -> list[list[str]]:
    """The cells of the rows below this head."""
    rows = DOCUMENT.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_document_names_every_code_and_status_of_a_failure() -> None:
    causes = " ".join(" ".join(row) for row in table("cause"))
    rare = {"bioPolicy", "cyberPolicy"}

    for code in {*BY_STATUS.values(), *BY_PROVIDER_CODE.values()} - rare:
        assert f"`{code}`" in causes
    for status in {*BY_STATUS, *TRANSIENT_STATUSES}:
        assert str(status) in causes


@each("status", sorted({*BY_STATUS, *TRANSIENT_STATUSES, 418, 500, 599}))
def test_a_status_is_retried_if_its_line_in_the_document_says_so(status: int) -> None:
    failed = failure_of_status(status, "", {}, b"")
    [row] = [row for row in table("cause") if _is_of(status, row[0])]

    assert f"`{failed.code}`" == row[1]
    assert failed.is_transient == (row[2] == "yes" or status in (408, 409, 425))


def _is_of(status: int, cause: str) -> bool:
    by_class = "other statuses from 500 on" if status >= 500 else "a status that no other"
    named = any(str(status) in row[0] for row in table("cause"))
    return str(status) in cause if named else by_class in cause


SETTINGS_HEAD = "of the thread or turn"
SAID = "said"
UNSAID = ThreadSettings(cwd="/", model="m", model_provider="p")
SCHEMA: dict[str, object] = {"type": "object"}


def wires() -> list[str]:
    """The APIs whose column the table of settings has."""
    [head] = re.findall(rf"^\| {SETTINGS_HEAD} \|(.*)$", DOCUMENT, re.MULTILINE)
    return re.findall(r"`(\w+)` \|", head.partition("|")[2])


def sent_as(name: WireName, settings: ThreadSettings) -> dict[str, Any]:
    """The body of a request with these settings."""
    chosen = model_settings(settings)._replace(output_schema=SCHEMA)
    body = wire(name).body(request(user("hi"), settings=chosen), Provider("p", "http://h", name))
    found: dict[str, Any] = json.loads(body)
    return found


def at(body: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for step in path.split("."):
        try:
            body = body[int(step) if step.isdigit() else step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def test_the_document_has_a_column_for_every_api_without_a_library() -> None:
    assert {name for name in WIRES if hasattr(wire(name), "body")} == set(wires())


def test_the_document_has_a_line_for_every_setting_of_a_call() -> None:
    keys = {key.strip("`") for _, key, *_ in table(SETTINGS_HEAD) if key}

    assert keys == {"model", *SETTINGS}
    assert {*TEXTS.values()} < keys


@pytest.mark.parametrize("name", wires())
def test_a_setting_is_in_the_request_at_the_path_of_the_document_and_nowhere_if_unset(
    name: WireName,
) -> None:
    column = 2 + wires().index(name)
    for row in table(SETTINGS_HEAD):
        key, path = row[1].strip("`"), re.findall(r"`([\w.]+)`", row[column])[:1]
        if key not in SETTINGS:
            continue
        value = "friendly" if key == "personality" else SAID
        settings = UNSAID.model_copy(update={SETTINGS[key]: value})
        told = PERSONALITIES.get(value, value)
        assert [at(sent_as(name, settings), one) for one in path] == [told] * len(path), key
        assert (told in json.dumps(sent_as(name, settings))) == bool(path), key
        assert told not in json.dumps(sent_as(name, UNSAID))


@pytest.mark.parametrize("name", wires())
def test_fields_that_are_always_sent_are_at_the_path_of_the_document(name: WireName) -> None:
    column = 2 + wires().index(name)
    lines = {row[0]: re.findall(r"`([\w.]+)`", row[column])[:1] for row in table(SETTINGS_HEAD)}
    body = sent_as(name, UNSAID)

    assert [at(body, path) for path in lines["`model`"]] == ["m"]
    assert [at(body, path) for path in lines["`outputSchema` of the turn"]] == [SCHEMA]
    for line in ("its id", "always"):
        assert all(at(body, path) for path in lines[line])


@pytest.mark.parametrize(("tier", "sent"), [("default", None), ("fast", "priority")])
def test_a_service_tier_is_sent_under_the_name_that_providers_know(
    tier: str, sent: str | None
) -> None:
    settings = UNSAID.model_copy(update={"service_tier": tier})

    assert at(sent_as("responses", settings), "service_tier") == sent


def test_the_document_has_a_line_for_every_limit_with_its_key_and_default() -> None:
    limits = CallLimits()._asdict()
    wanted = {key: str(limits[name]) for name, key in COUNTS.items()}
    wanted[TURN_TIMEOUT] = str(ThreadPolicy().turn_timeout_ms)

    assert {key.strip("`"): default for key, _, default in table("`config`")} == wanted


def test_the_limits_in_the_document_are_those_of_the_code() -> None:
    limits = TransportLimits()

    assert f"within {limits.connect_timeout_ms // 1000} s" in DOCUMENT
    assert f"is over {limits.response_bytes_max >> 20} MiB" in DOCUMENT
    assert f"one event over {limits.event_bytes_max >> 20} MiB" in DOCUMENT
    assert f"at most {pictures.BYTES_MAX >> 20} MiB" in DOCUMENT
    assert f"up to {FIRST_WAIT_MS} ms" in DOCUMENT
    assert f"or over {NAME_CHARS_MAX}" in DOCUMENT
