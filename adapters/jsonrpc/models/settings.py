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
    """A place where turns should work."""

    environment_id: str
    """The place, by its id: `local` is the only one."""
    cwd: str
    """The folder there."""
    runtime_workspace_roots: list[str] | None = None
    """Taken and not used: `cwd` is the only folder of a thread."""


class EnvironmentLocation(Wire):
    """A folder inside an environment."""

    type: Literal["environment"] = "environment"
    environment_id: str
    """The place, by its id."""
    path: str
    """The folder there."""


class SelectedCapabilityRoot(Wire):
    """A capability root that the hosting platform chose for a thread."""

    id: str
    """What the platform calls it."""
    location: Annotated[EnvironmentLocation, Tagged()]
    """Where it is."""


class ModeSettings(SnakeWire):
    """What a collaboration mode sets."""

    model: str
    """The model; empty is refused."""
    reasoning_effort: ReasoningEffort | None = None
    """How long the model thinks, a word that it knows; null for as long as it does by itself."""
    developer_instructions: str | None = None
    """The developer's message ahead of the history; null leaves the one there is."""


class CollaborationMode(Wire):
    """A preset of model, effort and instructions."""

    mode: Literal["plan", "default"]
    """Which preset: `plan` is not offered here."""
    settings: ModeSettings
    """The model, effort and instructions of the preset."""


class AdditionalContextEntry(Wire):
    """A fragment of context that the client adds to a turn."""

    value: str
    """What it says."""
    kind: Literal["untrusted", "application"]
    """Whether the application says it, or somebody whom a model should not obey."""
    name: str | None = None
    """The fragment's name; null for none."""


class DynamicFunction(Wire):
    """A tool that the client runs itself; `input_schema` is a JSON Schema.

    `annotations` are hints as in MCP (`readOnlyHint`, `destructiveHint`). A call of a tool that has
    any and is not read-only needs an approval.
    """

    type: Literal["function"] = "function"
    name: str
    """What models call it: 1 to 128 letters without accents, digits, `_` and `-`."""
    description: str
    """What it does, for models."""
    input_schema: object
    """The JSON Schema of its arguments."""
    defer_loading: bool = False
    """Whether models may have to look for it; here it is offered at once, and needs a namespace."""
    annotations: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)
    """What it does to the world, as MCP says it (`readOnlyHint`, `destructiveHint`): with any, and
    not read-only, its calls need an approval; null for none."""


class DynamicNamespace(Wire):
    """A group of the client's tools under one name."""

    type: Literal["namespace"] = "namespace"
    name: str
    """What the group is called: 1 to 64 letters without accents, digits, `_` and `-`."""
    description: str
    """What its tools have in common, for models."""
    tools: list[Annotated[DynamicFunction, Tagged()]]
    """Its tools, at least one."""


class _Tool(Tagged):
    """A tool by its `type`, which older clients leave out for a function."""

    def read(self, value: object) -> object:
        """Read a tool; an object without `type` and namespace is a function."""
        if isinstance(value, dict) and "type" not in value and value.get("namespace") is None:
            value = {"type": "function", **value}
        return super().read(value)


DynamicToolSpec = Annotated[DynamicFunction | DynamicNamespace, _Tool()]
