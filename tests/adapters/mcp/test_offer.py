"""The tools of servers as models are offered them: callable names, limits, omissions."""

from typing import Any

import pytest
from pydantic_core import from_json

from tests.support.each import each
from threadhost.actors.server_tools import Offer
from threadhost.adapters.mcp.limits import DESCRIPTION_CHARS_MAX, OFFER_BYTES_MAX
from threadhost.adapters.mcp.offer import all_of, callable_name, server_offer
from threadhost.adapters.mcp.server_config import Program, ServerConfig

CONFIG = ServerConfig("s", Program("x"))


def tool(name: Any, **more: Any) -> dict[str, Any]:
    """A tool as a server lists it."""
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def test_a_tool_is_offered_in_the_namespace_of_its_server() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    made = server_offer(CONFIG, [tool("look", description="looks", inputSchema=schema)])
    [definition] = map(from_json, made.offer.definitions)
    assert (definition["type"], definition["name"]) == ("namespace", "mcp__s")
    assert definition["tools"] == [
        {
            "type": "function",
            "name": "look",
            "description": "looks",
            "strict": False,
            "parameters": schema,
        }
    ]
    assert made.offer.tools["mcp__s", "look"].name == "look"
    assert made.left_out == ""


@each("name", ["a b", "a.b", "x" * 65, "\u2603", "a/b"])
def test_a_name_that_no_model_can_call_is_replaced_by_the_same_callable_name_each_time(
    name: str,
) -> None:
    made = callable_name(name)
    assert made == callable_name(name)
    assert len(made) <= 64
    assert made.replace("_", "").replace("-", "").isalnum()


def test_two_names_with_the_same_callable_form_stay_distinct() -> None:
    made = server_offer(CONFIG, [tool("a.b"), tool("a/b"), tool("a b"), tool("a_b")])
    assert len(made.offer.tools) == 4
    assert {one.name for one in made.offer.tools.values()} == {"a.b", "a/b", "a b", "a_b"}


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (tool("x", inputSchema=None), "it must be a JSON object"),
        (tool("x", inputSchema={"type": "array"}), '`type` must be "object"'),
        (tool("x", inputSchema={"properties": {"a" * 70_000: {}}}), "more than 65536 bytes"),
        (tool(" "), "it has no name"),
    ],
)
def test_a_tool_that_cannot_be_offered_costs_no_other_tool(odd: dict[str, Any], why: str) -> None:
    made = server_offer(CONFIG, [tool("before"), odd, tool("after")])
    assert [name for _, name in made.offer.tools] == ["before", "after"]
    assert why in made.left_out


@pytest.mark.parametrize("name", [None, 7, ["x"]])
def test_a_tool_without_a_usable_name_is_left_out(name: Any) -> None:
    assert server_offer(CONFIG, [tool(name)]).offer == Offer()


def test_long_descriptions_are_cut_and_tools_beyond_the_byte_limit_left_out() -> None:
    tools = [tool(f"t{n}", description="x" * 2 * DESCRIPTION_CHARS_MAX) for n in range(200)]
    made = server_offer(CONFIG, tools)
    assert sum(map(len, made.offer.definitions)) <= OFFER_BYTES_MAX
    assert 0 < len(made.offer.tools) < 200
    assert "1048576 bytes of them" in made.left_out


def test_the_tools_of_all_servers_are_offered_together() -> None:
    other = ServerConfig("t", Program("x"))
    made = all_of([server_offer(one, [tool("look")]).offer for one in (CONFIG, other)])
    assert sorted(made.tools) == [("mcp__s", "look"), ("mcp__t", "look")]
    found = made.tool("t", "look")
    assert found is not None
    assert found.server == "t"
    assert made.tool("t", "other") is None


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_tool_named_like_the_callable_form_of_another_gets_a_different_name(
    is_reversed: bool,  # noqa: FBT001
) -> None:
    made = callable_name("a/b")
    names = ["a/b", made, f"{made}_x", callable_name("a/b", {made})]
    tools = server_offer(CONFIG, [tool(name) for name in (names[::-1] if is_reversed else names)])
    [definition] = map(from_json, tools.offer.definitions)
    called = [spec["name"] for spec in definition["tools"]]
    assert len(set(called)) == len(called) == len(tools.offer.tools) == 4
    assert {one.name for one in tools.offer.tools.values()} == set(names)
