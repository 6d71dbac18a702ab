"""Requests in the form of pydantic-ai: messages, tools, settings."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic_ai.messages import (
    BinaryContent,
    DocumentUrl,
    ImageUrl,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_core import from_json

from threadhost.actors import models as port
from threadhost.adapters.models.flat_names import FlatNames, Tool
from threadhost.adapters.models.opaque import Opaque, opened
from threadhost.adapters.models.provider import Provider
from threadhost.events.named_tuple import NamedTuple

Item = Mapping[str, Any]
EFFORTS: Mapping[str, Any] = {
    "none": False,
    **{name: name for name in ("minimal", "low", "medium", "high", "xhigh", "max")},
}
TIERS = frozenset({"auto", "default", "flex", "priority"})
NOT_SHOWABLE = "[content that this model cannot be shown]"


class LibraryRequest(NamedTuple):
    """Everything of one request except the model."""

    messages: list[ModelMessage]
    settings: ModelSettings
    parameters: ModelRequestParameters
    names: FlatNames


def library_request(
    request: port.ModelRequest, provider: Provider, profile: Mapping[str, Any]
) -> LibraryRequest:
    """The request; `profile` is the library's knowledge of the model."""
    tools = [tool for line in request.tools for tool in _tools(from_json(line))]
    names = FlatNames(tool for tool, _ in tools)
    builder = MessageBuilder(names)
    for text in (request.settings.instructions, request.settings.developer):
        if text:
            builder.take({"type": "message", "role": "developer", "content": text})
    for line in request.history:
        builder.take(from_json(line))
    settings = _settings(request.settings, provider)
    return LibraryRequest(
        builder.messages(), settings, _parameters(request, tools, names, profile), names
    )


# -- tools and settings --


def _tools(spec: Item) -> Iterable[tuple[Tool, Item]]:
    if spec.get("type") == "function":
        yield Tool("", str(spec.get("name"))), spec
    elif spec.get("type") == "namespace":
        preamble = f"{spec.get('name')}: {spec.get('description') or ''}\n\n"
        for n, tool in enumerate(spec.get("tools") or ()):
            described = {
                **tool,
                "description": f"{'' if n else preamble}{tool.get('description') or ''}",
            }
            yield Tool(str(spec.get("name")), str(tool.get("name"))), described


def _parameters(
    request: port.ModelRequest,
    tools: list[tuple[Tool, Item]],
    names: FlatNames,
    profile: Mapping[str, Any],
) -> ModelRequestParameters:
    offered = [
        ToolDefinition(
            name=names.of(tool),
            description=spec.get("description"),
            parameters_json_schema=spec.get("parameters") or {"type": "object", "properties": {}},
        )
        for tool, spec in tools
    ]
    schema = request.settings.output_schema
    if schema is None:
        return ModelRequestParameters(function_tools=offered)
    # A model that cannot be bound to a schema gets it as text.
    mode: Any = "native" if profile.get("supports_json_schema_output") else "prompted"
    output = OutputObjectDefinition(json_schema=schema, name="output", strict=True)
    return ModelRequestParameters(
        function_tools=offered, output_mode=mode, output_object=output, allow_text_output=True
    )


def _settings(settings: port.ModelSettings, provider: Provider) -> ModelSettings:
    fields: dict[str, Any] = {
        "max_retries": 0,  # the host itself retries calls
        "timeout": (provider.limits.response_timeout_ms or 86_400_000) / 1000,
        "thinking": EFFORTS.get(settings.effort or ""),
        "service_tier": settings.service_tier if settings.service_tier in TIERS else None,
        "cache": None if provider.prompt_cache_key is False else True,
        "extra_headers": {**provider.headers} or None,
        "extra_body": {name: value for name, value in provider.body.items() if value is not None}
        or None,
    }
    sent = {name: value for name, value in fields.items() if value is not None}
    return cast("ModelSettings", sent)


# -- messages --


class MessageBuilder:
    """Turns items into messages, which alternate between the model and its input.

    Outputs directly follow their calls; other input from meanwhile comes after them.
    """

    def __init__(self, names: FlatNames) -> None:
        self._names = names
        self._messages: list[ModelMessage] = []
        self._request_parts: list[Any] = []
        self._response_parts: list[Any] = []
        self._returned: list[Any] = []
        self._later: list[Item] = []
        self._open: dict[str, str] = {}
        self._next_opaque: Opaque | None = None
        self._made_by: Opaque | None = None

    def take(self, item: Item) -> None:
        """Add the next item."""
        type_, role = item.get("type", "message"), item.get("role")
        if type_ == "function_call":
            self._call(item)
        elif type_ == "function_call_output":
            self._output(item)
        elif type_ == "reasoning":
            self._reasoning(item)
        elif type_ == "message" and role == "assistant":
            text = "\n".join(
                part for part in _content(item.get("content")) if isinstance(part, str)
            )
            self._say(TextPart(text, **self._details()))
        elif type_ == "message" and self._open:
            self._later.append(item)
        elif type_ == "message":
            self._tell(item, is_system=role in ("developer", "system"))

    def messages(self) -> list[ModelMessage]:
        """The messages of all items."""
        self._end_response()
        self._request_parts += self._returned
        self._end_request()
        return self._messages

    def _call(self, item: Item) -> None:
        call_id = str(item.get("call_id"))
        tool = Tool(str(item.get("namespace") or ""), str(item.get("name")))
        name, arguments = self._names.of(tool), str(item.get("arguments"))
        self._say(ToolCallPart(name, arguments, call_id, **self._details()))
        self._open[call_id] = name

    def _output(self, item: Item) -> None:
        name = self._open.pop(str(item.get("call_id")), None)
        if name is None:
            return
        content = _content(item.get("output"))
        is_text = all(isinstance(part, str) for part in content)
        output: Any = "\n".join(map(str, content)) if is_text else content
        self._returned.append(ToolReturnPart(name, output, str(item.get("call_id"))))
        if self._open:
            return
        self._end_response()
        self._request_parts, self._returned = [*self._request_parts, *self._returned], []
        later, self._later = self._later, []
        for item_later in later:
            self.take(item_later)

    def _reasoning(self, item: Item) -> None:
        opaque = opened(item.get("encrypted_content"))
        if opaque is None:
            return
        if opaque.of == "next":
            self._next_opaque = opaque
            return
        self._made_by = opaque
        self._say(ThinkingPart(**opaque.fields, provider_name=opaque.provider))

    def _details(self) -> dict[str, Any]:
        """Data that the provider wants back with the next part."""
        opaque, self._next_opaque = self._next_opaque, None
        if opaque is None:
            return {}
        self._made_by = opaque
        return {**opaque.fields, "provider_name": opaque.provider}

    def _say(self, part: object) -> None:
        if not self._open:
            self._end_request()
        self._response_parts.append(part)

    def _tell(self, item: Item, *, is_system: bool) -> None:
        self._end_response()
        content = _content(item.get("content"))
        if is_system:
            text = "\n".join(part for part in content if isinstance(part, str))
            self._request_parts.append(SystemPromptPart(text))
        else:
            is_text = len(content) == 1 and isinstance(content[0], str)
            prompt: Any = content[0] if is_text else content
            self._request_parts.append(UserPromptPart(prompt))

    def _end_response(self) -> None:
        if self._response_parts:
            opaque, self._made_by = self._made_by, None
            self._messages.append(
                ModelResponse(
                    self._response_parts,
                    provider_name=opaque.provider if opaque else None,
                    canonical_system=opaque.system if opaque else None,
                )
            )
            self._response_parts = []

    def _end_request(self) -> None:
        if self._request_parts:
            self._messages.append(ModelRequest(self._request_parts))
            self._request_parts = []


def _content(content: object) -> list[Any]:
    """The parts of a message or an output: texts, pictures and sound."""
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [part.get("text") or part.get("refusal") or _medium(part) for part in parts]


def _medium(part: Item) -> object:
    sound = part.get("input_audio")
    if isinstance(sound, dict):
        url = f"data:audio/{sound.get('format')};base64,{sound.get('data')}"
    else:
        keys = ("image_url", "audio_url", "file_data", "file_url")
        url = next((part[key] for key in keys if isinstance(part.get(key), str)), "")
    if url.startswith("data:"):
        try:
            return BinaryContent.from_data_uri(url)
        except ValueError:
            return NOT_SHOWABLE
    if url.startswith(("http://", "https://")):
        return ImageUrl(url) if "image_url" in part else DocumentUrl(url)
    return NOT_SHOWABLE
