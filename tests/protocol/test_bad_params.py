"""Params that do not fit: the answer names the field and what was expected of it."""

import re
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.methods import ID, least
from tests.support.server import Host
from threadhost.adapters.jsonrpc import methods as _  # noqa: F401 - fills the registry
from threadhost.adapters.jsonrpc.not_offered import NOT_OFFERED
from threadhost.adapters.jsonrpc.registry import Method, registry

WRONG = (7, -1, 1.5, "text", True, None, ["text"], [7], {"key": 1}, [{"type": "nope"}])
"""Values of every type; whatever a field is, some of them are wrong for it."""
REQUIRED = {m.name: least(m.params_model) for m in registry if m.params_model is not None}
GOOD: dict[str, dict[str, Any]] = {
    **REQUIRED,
    "host/events/subscribe": {"afterPosition": 0},
    "host/import/codex": {"path": "/nowhere"},
}
ANYTHING = {("turn/start", "outputSchema"), ("turn/start", "parentTurnId")}
METHODS = {method.name: method for method in registry}
SAID = re.compile("expected |missing field|unknown field|not absolute|greater than or equal to")
"""What a refusal says of what would be right."""


def fields(method: Method) -> list[str]:
    """The names of the params of a method."""
    return method.params_model.wire_names() if method.params_model else []


def faults(message: str, field: str) -> list[str]:
    """What is wrong with the words of a refusal."""
    named = re.search(rf"`{re.escape(field)}(`|[.\[])", message)
    said = SAID.search(message)
    begins = message.startswith("Invalid request: ")
    return [
        f"{field}: {what} in {message!r}"
        for what, is_fine in (("no field", named), ("no need", said), ("no beginning", begins))
        if not is_fine
    ]


async def refusals(client: Client, method: str, field: str) -> list[str]:
    """What is said of values of a field that do not fit."""
    found = []
    for value in WRONG:
        answer = await client.ask(method, {**GOOD.get(method, {}), field: value})
        if "error" in answer and answer["error"]["message"].startswith("Invalid request"):
            found.append(answer["error"]["message"])
    return found


@pytest.mark.slices
async def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(
    client: Client,
) -> None:
    found: list[str] = []
    for name, method in METHODS.items():
        for field in fields(method):
            said = await refusals(client, name, field)
            if not said and (name, field) not in ANYTHING:
                found.append(f"{name}: nothing is wrong for {field}")
            for message in said:
                found += faults(message, field)
    assert found == [], "\n".join(found)


async def test_a_field_that_is_missing_is_named(client: Client) -> None:
    for name, needed in REQUIRED.items():
        for field in needed:
            params = {key: value for key, value in GOOD[name].items() if key != field}
            error = await client.refused(name, params)
            assert error == {"code": -32600, "message": f"Invalid request: missing field `{field}`"}


async def test_params_that_are_missing_or_no_object_are_refused(client: Client) -> None:
    for name in [name for name, method in METHODS.items() if method.params_model]:
        await client.send({"id": name, "method": name})
        assert (await client.answer(name))["error"] == {
            "code": -32600,
            "message": "Invalid request: missing field `params`",
            "data": {"reason": "invalidParams"},
        }
        for params in (None, 7, "text", True):
            number = f"{name} {params}"
            await client.send({"id": number, "method": name, "params": params})
            message = (await client.answer(number))["error"]["message"]
            assert re.search(r"invalid type: .*, expected struct \w+Params", message)


async def test_params_by_position_are_read_in_the_order_of_the_fields(client: Client) -> None:
    await client.send({"id": "read", "method": "thread/read", "params": [ID]})
    answer = await client.answer("read")
    assert answer["error"]["message"] == f"thread not loaded: {ID}"


async def test_unknown_fields_are_ignored(client: Client) -> None:
    assert await client.ok("thread/loaded/list", {"more": 1}) == {"data": [], "nextCursor": None}


async def test_an_unknown_method_is_refused_with_a_list_of_the_known_ones(client: Client) -> None:
    error = await client.refused("no/such/method")
    assert error["code"] == -32600
    start = "Invalid request: unknown variant `no/such/method`, expected one of "
    assert error["message"].startswith(start)
    assert set(re.findall("`([^`]+)`", error["message"].removeprefix(start))) == set(METHODS)


@pytest.mark.slices
async def test_a_method_that_is_not_offered_is_refused_with_the_reason(each_host: Host) -> None:
    client = await each_host.client(experimentalApi=False)
    wanted = {name: why for name, why in NOT_OFFERED.items() if name not in METHODS}
    assert len(wanted) > 100
    for name, why in wanted.items():
        for params in ({}, None, [7], {"threadId": 7}):
            error = await client.refused(name, params)
            message = f"{name} is not offered by this host: {why}"
            assert error == {"code": -32601, "message": message}


async def test_a_method_that_is_not_offered_is_refused_as_uninitialised_before_the_handshake(
    host: Host,
) -> None:
    client = await host.connect()
    error = await client.refused("fs/readFile")
    assert error == {"code": -32600, "message": "Not initialized"}
    error = await client.refused("no/such/method")
    assert error["message"].startswith("Invalid request: unknown variant `no/such/method`")
