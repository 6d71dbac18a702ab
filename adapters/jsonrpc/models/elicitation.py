"""`mcpServer/elicitation/request`: the user is asked on behalf of a call of a server's tool."""

import operator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from threadhost.adapters.jsonrpc.models.base import Params, Result


class McpServerElicitationRequestParams(Params):
    """May a tool be called, or what a server wants to know: a form, or a page to go to.

    `requested_schema` is that of a form's content; `url` and `elicitation_id` are a page's.
    """

    thread_id: str
    turn_id: str | None = None
    server_name: str
    environment_id: str | None = None
    mode: Literal["form", "url"]
    meta: dict[str, object] | None = Field(default=None, alias="_meta")
    message: str
    requested_schema: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)
    url: str | None = Field(default=None, exclude_if=operator.not_)
    elicitation_id: str | None = Field(default=None, exclude_if=operator.not_)


def _form_content(content: object) -> object:
    """What was filled in, if a form holds such values. Raises ValueError."""
    values = content.values() if isinstance(content, dict) else ()
    if all(isinstance(one, _PLAIN) or is_texts(one) for one in values):
        return content
    raise ValueError("a form holds texts, numbers, flags and lists of texts")


def is_texts(value: object) -> bool:
    """Whether this is a list of texts, as what is chosen of several is."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_PLAIN = (str, int, float, bool, type(None))


class McpServerElicitationRequestResponse(Result):
    """What the user decided, with what was filled in; `_meta.persist` says for how long."""

    action: Literal["accept", "decline", "cancel"]
    content: Annotated[dict[str, Any] | None, AfterValidator(_form_content)] = None
    meta: dict[str, object] | None = Field(default=None, alias="_meta")

    @property
    def is_for_session(self) -> bool:
        """Whether the same need not be asked again; what is for ever is so for the session."""
        return (self.meta or {}).get("persist") in ("session", "always")
