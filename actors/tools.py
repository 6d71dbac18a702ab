"""Which tools a model is offered, and who answers each call."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic_core import to_json

from threadhost.actors.arguments import arguments_of
from threadhost.actors.function_tool import function_tool
from threadhost.actors.model_settings import digest_of
from threadhost.actors.models import FunctionCall
from threadhost.actors.server_tools import NO_OFFER, Offer, ServerTool
from threadhost.events.host_call import HostCall
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import MCP_ITEM, OpenCall, ThreadSettings

USER_INPUT = "request_user_input"
"""The host's own tool by which a model asks the user."""
QUESTIONS_MAX = 8
UNSUPPORTED = "unsupported call: {}"
_QUESTION = {
    "id": {"type": "string", "description": "A name for the answer, unique among the questions."},
    "header": {"type": "string", "description": "A label of a few words."},
    "question": {"type": "string", "description": "The question itself, one sentence."},
    "options": {
        "type": "array",
        "description": "Two or three answers to choose from; a free answer is always possible.",
        "items": {
            "type": "object",
            "properties": {"label": {"type": "string"}, "description": {"type": "string"}},
            "required": ["label", "description"],
            "additionalProperties": False,
        },
    },
}
_QUESTIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": _QUESTION,
        "required": ["id", "header", "question"],
        "additionalProperties": False,
    },
}
_USER_INPUT_TOOL = function_tool(
    USER_INPUT,
    "Ask the user one to three short questions and wait for the answers.",
    {"questions": _QUESTIONS},
    "questions",
)


CallKey = tuple[str | None, str]
"""The namespace of a tool, if it has one, and its name."""
ItemOf = Callable[[HostCall, str, int], dict[str, Any] | None]
"""The item that clients see of an open call, by the call, its id and its time."""


class HostTool(NamedTuple):
    """A tool that the host answers, or a namespace of such tools.

    `definition` is a Responses API tool, encoded once; `family` names what answers the calls.
    """

    family: str
    definition: bytes
    calls: tuple[CallKey, ...]
    item: ItemOf | None = None


HostTools = Mapping[str, HostTool]
"""By the top-level name under which a model is offered the tool or namespace."""


def one_tool(
    family: str, name: str, description: str, properties: Mapping[str, Any], *required: str
) -> tuple[str, HostTool]:
    """A tool with these parameters, in no namespace, and its name."""
    definition = to_json(function_tool(name, description, properties, *required))
    return name, HostTool(family, definition, ((None, name),))


class Toolbox(NamedTuple):
    """The tools for a thread's model; `definitions` are Responses API tools, encoded once."""

    definitions: tuple[bytes, ...] = ()
    client_tools: frozenset[CallKey] = frozenset()
    asks_user: bool = False
    of_the_host: Mapping[CallKey, HostTool] = MappingProxyType({})
    """Tools that the host answers itself; their arguments are not parsed here."""
    of_servers: Mapping[tuple[str, str], ServerTool] = NO_OFFER.tools
    digest: str = ""
    """The digest of the definitions; "" without any."""

    def take(self, call: FunctionCall, call_id: str, at_ms: int) -> OpenCall | str:
        """The open call that a model's call becomes, or the model's answer if it is refused."""
        namespace, name = call.namespace, call.name
        if (tool := self.of_the_host.get((namespace, name))) is not None:
            host = HostCall(name, call.arguments, namespace, tool.family)
            item = tool.item(host, call_id, at_ms) if tool.item is not None else None
            return OpenCall(call_id, at_ms, item, host=host)
        asks_user = self.asks_user and (namespace, name) == (None, USER_INPUT)
        of_server = self.of_servers.get((namespace or "", name))
        if not asks_user and not of_server and (namespace, name) not in self.client_tools:
            return UNSUPPORTED.format(f"{namespace or ''}{name}")
        try:
            arguments = arguments_of(call.arguments)
        except ValueError as error:
            return str(error)
        if asks_user:
            return _questions(call_id, arguments, at_ms)
        if of_server is not None:
            return OpenCall(call_id, at_ms, item=_server_item(of_server, arguments, call_id, at_ms))
        item = {
            "type": "dynamicToolCall",
            "id": call_id,
            "namespace": namespace,
            "tool": name,
            "arguments": arguments,
            "status": "inProgress",
            "contentItems": None,
            "success": None,
            "durationMs": None,
            "startedAtMs": at_ms,
            "completedAtMs": None,
        }
        return OpenCall(call_id, at_ms, item=item)


NO_TOOLS = Toolbox()
NONE_OF_THE_HOST: HostTools = MappingProxyType({})


def toolbox_of(
    settings: ThreadSettings | None,
    of_the_host: HostTools = NONE_OF_THE_HOST,
    offer: Offer = NO_OFFER,
) -> Toolbox:
    """The tools of a thread with these settings; a client's tool replaces a host tool of its name.

    An `offer` cannot collide with a client's namespaces: `mcp__` is reserved.
    """
    if settings is None:
        return NO_TOOLS
    input_tools = [_USER_INPUT_TOOL] if settings.user_input else []
    names = frozenset(name for spec in settings.dynamic_tools for name in _names(spec))
    client_names = {spec["name"] for spec in settings.dynamic_tools}
    hosts = [tool for name, tool in of_the_host.items() if name not in client_names]
    definitions = (
        *map(to_json, input_tools),
        *(tool.definition for tool in hosts),
        *offer.definitions,
        *(to_json(_definition(spec)) for spec in settings.dynamic_tools),
    )
    if not definitions:
        return NO_TOOLS
    answered = {key: tool for tool in hosts for key in tool.calls}
    digest = digest_of(definitions)
    return Toolbox(definitions, names, settings.user_input, answered, offer.tools, digest)


def annotated_tool(
    settings: ThreadSettings | None, namespace: str | None, name: str
) -> ServerTool | None:
    """A client's tool with annotations; None if it has none."""
    specs = settings.dynamic_tools if settings else ()
    for spec in specs:
        is_group = spec["type"] == "namespace"
        if is_group == (namespace is None) or (is_group and spec["name"] != namespace):
            continue
        for tool in spec["tools"] if is_group else (spec,):
            hints = tool.get("annotations")
            if tool["name"] == name and isinstance(hints, dict):
                about = str(tool.get("description", ""))
                return ServerTool(namespace or "", name, about, hints, owner="client")
    return None


def _server_item(
    tool: ServerTool, arguments: dict[str, Any], call_id: str, at_ms: int
) -> dict[str, Any]:
    return {
        "type": MCP_ITEM,
        "id": call_id,
        "server": tool.server,
        "environmentId": None,
        "tool": tool.name,
        "status": "inProgress",
        "arguments": arguments,
        "appContext": None,
        "mcpAppUi": None,
        "pluginId": None,
        "readOnlyHint": tool.read_only_hint,
        "result": None,
        "error": None,
        "durationMs": None,
        "startedAtMs": at_ms,
        "completedAtMs": None,
    }


def _names(spec: dict[str, Any]) -> Sequence[CallKey]:
    if spec["type"] == "namespace":
        return [(spec["name"], tool["name"]) for tool in spec["tools"]]
    return [(None, spec["name"])]


def _definition(spec: dict[str, Any]) -> dict[str, Any]:
    if spec["type"] == "namespace":
        tools = [_definition(tool) for tool in spec["tools"]]
        return {**_head(spec), "tools": tools}
    schema = {"type": "object", "properties": {}, **spec["inputSchema"]}
    return {**_head(spec), "strict": False, "parameters": schema}


def _head(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec[key] for key in ("type", "name", "description")}


def _questions(call_id: str, arguments: dict[str, Any], at_ms: int) -> OpenCall | str:
    raw = arguments.get("questions")
    if not isinstance(raw, list) or not 0 < len(raw) <= QUESTIONS_MAX:
        return f"`questions` must be a list of 1 to {QUESTIONS_MAX} questions"
    questions = [_question(question) for question in raw]
    if None in questions:
        return "each question must have `id`, `header` and `question`, and options a `label`"
    if len({question["id"] for question in questions if question}) < len(questions):
        return "each question must have an `id` of its own"
    return OpenCall(call_id, at_ms, questions=[question for question in questions if question])


def _question(raw: object) -> dict[str, Any] | None:
    if not isinstance(raw, dict):
        return None
    question = {key: raw.get(key) for key in ("id", "header", "question")}
    offered = raw.get("options") or []
    options = [_option(option) for option in offered] if isinstance(offered, list) else [None]
    if not all(isinstance(text, str) for text in question.values()) or None in options:
        return None
    return {**question, "isOther": True, "isSecret": False, "options": options or None}


def _option(raw: object) -> dict[str, str] | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("label"), str):
        return None
    return {"label": raw["label"], "description": str(raw.get("description") or "")}
