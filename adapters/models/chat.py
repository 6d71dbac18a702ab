"""The chat completions API as most servers speak it, streaming."""

from pydantic_core import to_json

from threadhost.actors.models import ModelRequest, ModelSettings
from threadhost.adapters.models.chat_events import ChatReader
from threadhost.adapters.models.chat_items import OfferedTool, offered_tools
from threadhost.adapters.models.chat_messages import Conversation
from threadhost.adapters.models.flat_names import FlatNames
from threadhost.adapters.models.provider import Provider

PATH = "chat/completions"


def reader(request: ModelRequest) -> ChatReader:
    """A reader for the answer to this request."""
    return ChatReader(_names(_offered(request)))


def body(request: ModelRequest, provider: Provider) -> bytes:
    """The request as JSON."""
    offered = _offered(request)
    names = _names(offered)
    conversation = Conversation(names)
    conversation.instruct(request.settings.instructions)
    conversation.instruct(request.settings.developer)
    messages = b",".join(conversation.take(request.history))
    head = {**_head(request, provider), **provider.body}
    fields = {key: value for key, value in head.items() if value is not None}
    tools = b",".join(_tool(tool, names) for tool in offered)
    tools_member = b',"tools":[' + tools + b"]" if tools else b""
    return b"".join([to_json(fields)[:-1], b',"messages":[', messages, b"]", tools_member, b"}"])


def _offered(request: ModelRequest) -> list[OfferedTool]:
    return [tool for line in request.tools for tool in offered_tools(line)]


def _names(offered: list[OfferedTool]) -> FlatNames:
    return FlatNames(offer.tool for offer in offered)


def _tool(offered: OfferedTool, names: FlatNames) -> bytes:
    head = b'{"type":"function","function":{"name":'
    return head + to_json(names.of(offered.tool)) + offered.after_name


def _head(request: ModelRequest, provider: Provider) -> dict[str, object]:
    settings = request.settings
    return {
        "model": settings.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": _format(settings),
        "reasoning_effort": settings.effort,
        "verbosity": settings.verbosity,
        "service_tier": settings.service_tier,
        # Some servers refuse unknown fields.
        "prompt_cache_key": request.thread_id if provider.prompt_cache_key else None,
    }


def _format(settings: ModelSettings) -> dict[str, object] | None:
    if settings.output_schema is None:
        return None
    schema = {"name": "output", "schema": settings.output_schema, "strict": True}
    return {"type": "json_schema", "json_schema": schema}
