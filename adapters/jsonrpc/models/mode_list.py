"""`collaborationMode/list`: the presets of a turn."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import ReasoningEffort


class CollaborationModeListParams(Params):
    """All of them."""


class CollaborationModeMask(Wire):
    """A preset; what is None it leaves as it is."""

    name: str
    mode: Literal["plan", "default"] | None = None
    """Which preset it is; null leaves that as it is."""
    model: str | None = None
    """The model; null leaves it as it is."""
    reasoning_effort: ReasoningEffort | None = Field(default=None, alias="reasoning_effort")
    """How long the model thinks; null leaves it as it is."""


class CollaborationModeListResponse(Result):
    """The presets."""

    data: list[CollaborationModeMask]
    """The presets."""
