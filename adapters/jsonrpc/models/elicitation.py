"""`mcpServer/elicitation/request`: a question to the user for a call of an MCP server's tool."""

import operator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from threadhost.adapters.jsonrpc.models.base import Params, Result


class McpServerElicitationRequestParams(Params):
    """May a tool be called, or what a server wants to know: a form, or a page to go to.

    `requested_schema` is the schema of a form's content; `url` and `elicitation_id` are of a page.
    """

    thread_id: str
    turn_id: str | None = None
    """The turn whose call it is about, by its id; null if it is of none."""
    server_name: str
    """The server that asks, or whose tool is to be called; of a client's tool its namespace, or
    `client`."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    mode: Literal["form", "url"]
    """`form` for a form, which an approval is, too; `url` for a page to go to."""
    meta: dict[str, object] | None = Field(default=None, alias="_meta")
    """Of an approval which tool and arguments it is about, and for how long it may be given;
    null for other questions."""
    message: str
    """What the user is asked."""
    requested_schema: dict[str, object] | None = Field(default=None, exclude_if=operator.not_)
    """The JSON Schema of what a form has to hold; absent for a page."""
    url: str | None = Field(default=None, exclude_if=operator.not_)
    """The page to go to; absent for a form."""
    elicitation_id: str | None = Field(default=None, exclude_if=operator.not_)
    """What the server calls its question; absent for a form."""


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
    """What the user decided, with what was filled in; `_meta.persist` says for how long."""

    action: Literal["accept", "decline", "cancel"]
    """What the user decided."""
    content: Annotated[dict[str, Any] | None, AfterValidator(_form_content)] = None
    """What was filled in, texts, numbers, flags and lists of texts by their names; null for
    nothing."""
    meta: dict[str, object] | None = Field(default=None, alias="_meta")
    """`persist` says for how long it holds: `session`, or `always`, which here is as long; null for
    once."""

    @property
    def is_for_session(self) -> bool:
        """Whether the answer holds for the rest of the session; `always` holds as long."""
        return (self.meta or {}).get("persist") in ("session", "always")
