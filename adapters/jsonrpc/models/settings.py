"""How a thread or a turn is to be run: places, modes, contexts and the client's own tools."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.scalars import ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Named, Tagged

MultiAgentName = Literal["explicitRequestOnly", "proactive"]


class CustomMultiAgentMode(Wire):
    """A multi-agent mode in the client's own words."""

    custom: str


MultiAgentMode = Annotated[MultiAgentName | CustomMultiAgentMode, Named()]


class TurnEnvironmentParams(Wire):
    """A place where turns should work."""

    environment_id: str
    cwd: str
    runtime_workspace_roots: list[str] | None = None


class EnvironmentLocation(Wire):
    """A folder inside an environment."""

    type: Literal["environment"] = "environment"
    environment_id: str
    path: str


class SelectedCapabilityRoot(Wire):
    """A capability root that the hosting platform chose for a thread."""

    id: str
    location: Annotated[EnvironmentLocation, Tagged()]


class ModeSettings(SnakeWire):
    """What a collaboration mode sets."""

    model: str
    reasoning_effort: ReasoningEffort | None = None
    developer_instructions: str | None = None


class CollaborationMode(Wire):
    """A preset of model, effort and instructions."""

    mode: Literal["plan", "default"]
    settings: ModeSettings


class AdditionalContextEntry(Wire):
    """A fragment of context that the client adds to a turn."""

    value: str
    kind: Literal["untrusted", "application"]
    name: str | None = None


class DynamicFunction(Wire):
    """A tool that the client runs itself; `input_schema` is a JSON Schema.

    `annotations` are hints as MCP has them (`readOnlyHint`, `destructiveHint`); a tool that has any
    and is not read-only is called once that is approved.
    """

    type: Literal["function"] = "function"
    name: str
    description: str
    input_schema: object
    defer_loading: bool = False
    annotations: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)


class DynamicNamespace(Wire):
    """A group of the client's tools under one name."""

    type: Literal["namespace"] = "namespace"
    name: str
    description: str
    tools: list[Annotated[DynamicFunction, Tagged()]]


class _Tool(Tagged):
    """A tool by its `type`, which older clients leave out where it is a function."""

    def read(self, value: object) -> object:
        """Read a tool; a function may be told by its having no `type` and no namespace."""
        if isinstance(value, dict) and "type" not in value and value.get("namespace") is None:
            value = {"type": "function", **value}
        return super().read(value)


DynamicToolSpec = Annotated[DynamicFunction | DynamicNamespace, _Tool()]
