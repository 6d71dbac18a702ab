"""`collaborationMode/list`: the presets of a turn."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import ReasoningEffort


class CollaborationModeListParams(Params):
    """All of them."""


class CollaborationModeMask(Wire):
    """A preset; its null values leave settings unchanged."""

    name: str
    mode: Literal["plan", "default"] | None = None
    """The preset; null leaves it unchanged."""
    model: str | None = None
    """The model; null leaves it unchanged."""
    reasoning_effort: ReasoningEffort | None = Field(default=None, alias="reasoning_effort")
    """The reasoning effort; null leaves it unchanged."""


class CollaborationModeListResponse(Result):
    """The presets."""

    data: list[CollaborationModeMask]
    """The presets."""
