"""`mcpServer/elicitation/request`: a question to the user for a call of an MCP server's tool."""

import operator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from threadhost.adapters.jsonrpc.models.base import Params, Result


class McpServerElicitationRequestParams(Params):
    """Asks for approval of a tool call, or relays a server's question: a form, or a page.

    `requested_schema` is the schema of a form's content; `url` and `elicitation_id` are of a page.
    """

    thread_id: str
    turn_id: str | None = None
    """The id of the turn whose call it belongs to; null for none."""
    server_name: str
    """The server that asks, or whose tool the model calls; for a client's tool its namespace, or
    `client`."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    mode: Literal["form", "url"]
    """`form` for a form, also for an approval; `url` for a page to open."""
    meta: dict[str, object] | None = Field(default=None, alias="_meta")
    """For an approval, the tool, its arguments, and how long an approval may apply; null for other
    questions."""
    message: str
    """The question to the user."""
    requested_schema: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)
    """The JSON Schema of the form; absent for a page."""
    url: str | None = Field(default=None, exclude_if=operator.not_)
    """The page to open; absent for a form."""
    elicitation_id: str | None = Field(default=None, exclude_if=operator.not_)
    """The server's id of its question; absent for a form."""


def _form_content(content: object) -> object:
    """The content of a form, if it has only values that forms can hold. Raises ValueError."""
    values = content.values() if isinstance(content, dict) else ()
    if all(isinstance(value, _PLAIN) or is_texts(value) for value in values):
        return content
    raise ValueError("a form holds texts, numbers, flags and lists of texts")


def is_texts(value: object) -> bool:
    """Whether a value is a list of texts, as a multiple choice gives."""
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


_PLAIN = (str, int, float, bool, type(None))


class McpServerElicitationRequestResponse(Result):
    """The user's decision, with the values of the form; `_meta.persist` says for how long."""

    action: Literal["accept", "decline", "cancel"]
    """The decision of the user."""
    content: Annotated[dict[str, Any] | None, AfterValidator(_form_content)] = None
    """The values of the form by name: texts, numbers, flags and lists of texts; null for none."""
    meta: dict[str, object] | None = Field(default=None, alias="_meta")
    """`persist` says how long the answer applies: `session`, or `always`, which here is the same;
    null for this call only."""

    @property
    def is_for_session(self) -> bool:
        """Whether the answer holds for the rest of the session; `always` holds as long."""
        return (self.meta or {}).get("persist") in ("session", "always")
