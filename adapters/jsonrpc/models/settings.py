"""Settings of a thread or a turn: environments, modes, added contexts and the client's tools."""

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
    """The mode, in the client's own words."""


MultiAgentMode = Annotated[MultiAgentName | CustomMultiAgentMode, Named()]


class TurnEnvironmentParams(Wire):
    """An environment in which turns should work."""

    environment_id: str
    """The id of the environment: `local` is the only one."""
    cwd: str
    """The folder in that environment."""
    runtime_workspace_roots: list[str] | None = None
    """Ignored: `cwd` is the only folder of a thread."""


class EnvironmentLocation(Wire):
    """A folder inside an environment."""

    type: Literal["environment"] = "environment"
    environment_id: str
    """The id of the environment."""
    path: str
    """The folder in that environment."""


class SelectedCapabilityRoot(Wire):
    """A capability root that the hosting platform chose for a thread."""

    id: str
    """Its name on the platform."""
    location: Annotated[EnvironmentLocation, Tagged()]
    """Its location."""


class ModeSettings(SnakeWire):
    """The settings of a collaboration mode."""

    model: str
    """The model; an empty name is refused."""
    reasoning_effort: ReasoningEffort | None = None
    """The reasoning effort, one of those of the model; null for the model's default."""
    developer_instructions: str | None = None
    """The developer message ahead of the history; null leaves it unchanged."""


class CollaborationMode(Wire):
    """A preset of model, effort and instructions."""

    mode: Literal["plan", "default"]
    """The preset; this host does not offer `plan`."""
    settings: ModeSettings
    """The model, effort and instructions of the preset."""


class AdditionalContextEntry(Wire):
    """A fragment of context that the client adds to a turn."""

    value: str
    """Its text."""
    kind: Literal["untrusted", "application"]
    """`application` for words of the application, `untrusted` for words that the model should not
    obey."""
    name: str | None = None
    """The name of the fragment; null for none."""


class DynamicFunction(Wire):
    """A tool that the client runs itself; `input_schema` is a JSON Schema.

    `annotations` are hints as in MCP (`readOnlyHint`, `destructiveHint`). A call of a tool that has
    any and is not read-only needs an approval.
    """

    type: Literal["function"] = "function"
    name: str
    """The name of the tool for models: 1 to 128 letters without accents, digits, `_` and `-`."""
    description: str
    """What it does, for models."""
    input_schema: object
    """The JSON Schema of its arguments."""
    defer_loading: bool = False
    """Whether models may have to search for the tool; this host always offers it at once, and
    requires a namespace for it."""
    annotations: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)
    """Its MCP annotations (`readOnlyHint`, `destructiveHint`): calls of a tool with annotations
    that is not read-only need an approval; null for none."""


class DynamicNamespace(Wire):
    """A group of the client's tools under one name."""

    type: Literal["namespace"] = "namespace"
    name: str
    """The name of the namespace: 1 to 64 letters without accents, digits, `_` and `-`."""
    description: str
    """The common purpose of its tools, for models."""
    tools: list[Annotated[DynamicFunction, Tagged()]]
    """Its tools, at least one."""


class NamespacedFunction(DynamicNamespace):
    """A function with the name of its namespace, as older clients send it; read as a namespace."""


class _Tool(Tagged):
    """A tool by its `type`; older clients leave it out for a function, and name its namespace."""

    def read(self, value: object) -> object:
        """Read a tool; an object without `type` is a function."""
        if not isinstance(value, dict) or value.get("type", "function") != "function":
            return super().read(value)
        function = {"type": "function", **value}
        name = function.pop("namespace", None)
        if name is None:
            return super().read(function)
        about = f"Tools in the {name} namespace."
        group = {"type": "namespace", "name": name, "description": about, "tools": [function]}
        return NamespacedFunction.from_wire(group)


DynamicToolSpec = Annotated[DynamicFunction | DynamicNamespace, _Tool()]
