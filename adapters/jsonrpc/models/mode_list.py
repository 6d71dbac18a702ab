"""`collaborationMode/list`: the presets that a turn can be given."""

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
    model: str | None = None
    reasoning_effort: ReasoningEffort | None = Field(default=None, alias="reasoning_effort")


class CollaborationModeListResponse(Result):
    """The presets."""

    data: list[CollaborationModeMask]
