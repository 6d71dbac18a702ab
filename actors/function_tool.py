"""Tools of the host in the form for models: functions of the Responses API."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json


def function_tool(
    name: str, description: str, properties: Mapping[str, Any], *required: str
) -> dict[str, Any]:
    """The definition of a function with these parameters and no others."""
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    head = {"type": "function", "name": name, "description": description, "strict": False}
    return {**head, "parameters": parameters}


def namespace(name: str, description: str, tools: Sequence[Mapping[str, Any]]) -> bytes:
    """The definition of a namespace of functions, as JSON."""
    head = {"type": "namespace", "name": name, "description": description}
    return to_json({**head, "tools": tools})
