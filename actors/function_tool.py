"""Tools of the host as models are offered them: functions of the Responses API."""

from collections.abc import Mapping
from typing import Any


def function_tool(
    name: str, description: str, properties: Mapping[str, Any], *required: str
) -> dict[str, Any]:
    """The definition of a function that takes these parameters and no others."""
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    head = {"type": "function", "name": name, "description": description, "strict": False}
    return {**head, "parameters": parameters}
