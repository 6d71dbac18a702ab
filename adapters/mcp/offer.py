"""The tools of servers that models are offered: with callable names, and within limits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from threadhost.actors.server_tools import Offer, ServerTool
from threadhost.actors.tool_specs import IDENTIFIER, schema_fault
from threadhost.adapters.mcp.limits import (
    DESCRIPTION_CHARS_MAX,
    OFFER_BYTES_MAX,
    SCHEMA_BYTES_MAX,
    TOOLS_MAX,
)
from threadhost.adapters.mcp.server_config import ServerConfig
from threadhost.events.bounds import fault_in
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

PREFIX = "mcp__"
NAME_CHARS_MAX = 64
DIGEST_CHARS = 8
NAMED_MAX = 5


class ServerOffer(NamedTuple):
    """One server's part of the offer; `listed` are all of its tools, as it lists them."""

    offer: Offer
    listed: Mapping[str, dict[str, Any]]
    left_out: str = ""
    """The tools that are left out, and why; empty if none."""


NOTHING = ServerOffer(Offer(), {})


def server_offer(config: ServerConfig, tools: Iterable[Mapping[str, Any]]) -> ServerOffer:
    """The offer of a server; says which tools are left out, and why."""
    by_key: dict[tuple[str, str], ServerTool] = {}
    specs: list[dict[str, Any]] = []
    listed: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    namespace, size = f"{PREFIX}{config.name}", 0
    for tool in tools:
        name = tool.get("name")
        if not isinstance(name, str) or name in listed or not config.offers(name):
            continue
        fault = _fault(tool)
        spec = {} if fault else _spec(tool, name, {taken_name for _, taken_name in by_key})
        size += len(to_json(spec)) if spec else 0
        if fault is None and (len(specs) >= TOOLS_MAX or size > OFFER_BYTES_MAX):
            fault = f"more than {TOOLS_MAX} tools, or {OFFER_BYTES_MAX} bytes of them"
        if fault is not None:
            faults.append(f"`{truncate(ascii(name)[1:-1], 80)}` ({fault})")
            continue
        listed[name] = _listed(tool, name)
        hints = tool.get("annotations")
        of_server = ServerTool(
            config.name, name, spec["description"], hints if isinstance(hints, dict) else {}
        )
        by_key[namespace, spec["name"]] = of_server
        specs.append(spec)
    if not specs:
        return ServerOffer(Offer(), listed, _words(faults))
    about = f"Tools of the MCP server {config.name}."
    definition = {"type": "namespace", "name": namespace, "description": about, "tools": specs}
    return ServerOffer(Offer((to_json(definition),), by_key), listed, _words(faults))


def all_of(offers: Sequence[Offer]) -> Offer:
    """The offers of all servers together."""
    definitions = tuple(definition for offer in offers for definition in offer.definitions)
    return Offer(
        definitions, {name: tool for offer in offers for name, tool in offer.tools.items()}
    )


def _fault(tool: Mapping[str, Any]) -> str | None:
    schema = tool.get("inputSchema", {})
    if not tool["name"].strip():
        return "it has no name"
    if (fault := schema_fault(schema) or fault_in(schema)) is not None:
        return fault
    if len(to_json(schema)) > SCHEMA_BYTES_MAX:
        return f"its schema has more than {SCHEMA_BYTES_MAX} bytes"
    return fault_in(tool.get("annotations"))


def _spec(tool: Mapping[str, Any], name: str, taken_names: Collection[str]) -> dict[str, Any]:
    description = tool.get("description")
    schema = {"type": "object", "properties": {}, **tool.get("inputSchema", {})}
    return {
        "type": "function",
        "name": callable_name(name, taken_names),
        "description": description[:DESCRIPTION_CHARS_MAX] if isinstance(description, str) else "",
        "strict": False,
        "parameters": schema,
    }


def callable_name(name: str, taken_names: Collection[str] = ()) -> str:
    """The name under which a model calls a tool: its own if that is valid, else a similar one."""
    if IDENTIFIER.fullmatch(name) and len(name) <= NAME_CHARS_MAX and name not in taken_names:
        return name
    identifier = "".join(letter if IDENTIFIER.fullmatch(letter) else "_" for letter in name)
    begin, digested = identifier[: NAME_CHARS_MAX - DIGEST_CHARS - 1], name.encode(errors="replace")
    while True:  # another tool may have the similar name
        candidate = f"{begin}_{sha256(digested).hexdigest()[:DIGEST_CHARS]}"
        if candidate not in taken_names:
            return candidate
        digested += b"'"


def _listed(tool: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A tool as clients see it, without fields of an unknown form."""
    texts = {key: tool.get(key) for key in ("title", "description")}
    valid_texts = {key: value for key, value in texts.items() if isinstance(value, str)}
    annotations = tool.get("annotations")
    return {
        "name": name,
        **valid_texts,
        "inputSchema": tool.get("inputSchema", {}),
        "annotations": annotations if isinstance(annotations, dict) else None,
    }


def _words(faults: list[str]) -> str:
    if not faults:
        return ""
    remainder = f" and {len(faults) - NAMED_MAX} more" if len(faults) > NAMED_MAX else ""
    return f"not offered to models: {', '.join(faults[:NAMED_MAX])}{remainder}"
