"""The OpenAI Responses API, streaming, and with nothing stored at the provider."""

from collections.abc import Sequence

from pydantic_core import to_json

from threadhost.actors.models import ModelRequest, ModelSettings
from threadhost.adapters.models.provider import Provider
from threadhost.adapters.models.responses_events import ResponsesReader

PATH = "responses"


def reader(request: ModelRequest) -> ResponsesReader:
    """A reader for the answer, which does not depend on the request."""
    return ResponsesReader()


def body(request: ModelRequest, provider: Provider) -> bytes:
    """The request as JSON; history and tools are copied as their stored bytes."""
    head = {**_head(request.settings), **provider.body}
    if provider.prompt_cache_key is not False:
        head.setdefault("prompt_cache_key", request.thread_id)
    fields = {key: value for key, value in head.items() if value is not None}
    tools = [b',"tools":[', b",".join(request.tools), b"]"] if request.tools else []
    lines = [*_developer(request.settings), *request.history]
    return b"".join([to_json(fields)[:-1], b',"input":[', b",".join(lines), b"]", *tools, b"}"])


def _head(settings: ModelSettings) -> dict[str, object]:
    return {
        "model": settings.model,
        "stream": True,
        "store": False,
        # Reasoning is kept here, as the provider stores nothing.
        "include": ["reasoning.encrypted_content"],
        "instructions": settings.instructions,
        "reasoning": _non_null(effort=settings.effort, summary=settings.summary),
        "service_tier": settings.service_tier,
        "text": _non_null(format=_format(settings.output_schema), verbosity=settings.verbosity),
    }


def _developer(settings: ModelSettings) -> Sequence[bytes]:
    if not settings.developer:
        return ()
    content = [{"type": "input_text", "text": settings.developer}]
    return (to_json({"type": "message", "role": "developer", "content": content}),)


def _format(schema: dict[str, object] | None) -> dict[str, object] | None:
    if schema is None:
        return None
    return {"type": "json_schema", "name": "output", "schema": schema, "strict": True}


def _non_null(**members: object) -> dict[str, object] | None:
    """The members that are not None; None without any."""
    return {key: value for key, value in members.items() if value is not None} or None
