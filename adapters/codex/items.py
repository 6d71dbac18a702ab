"""Converts items of codex to items of the protocol: one rule for each type."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from pydantic.alias_generators import to_camel

Foreign = Mapping[str, Any]
Item = dict[str, Any]
FILE_URL = "file://"


def item_of(foreign: Foreign) -> Item | None:
    """An item of a newer rollout; None for a type that clients do not know."""
    rule = _RULES.get(str(foreign.get("type")))
    return rule(foreign) if rule is not None else None


def user_message(event: Foreign) -> Item:
    """A user's message from older rollouts."""
    text, elements = str(event.get("message") or ""), _list(event.get("text_elements"))
    content = [{"type": "text", "text": text, "text_elements": elements}] if text else []
    images = [{"type": "image", "url": url} for url in _list(event.get("images"))]
    local = [{"type": "localImage", "path": path} for path in _list(event.get("local_images"))]
    return {"type": "userMessage", "clientId": None, "content": [*content, *images, *local]}


def agent_message(event: Foreign) -> Item:
    """A model's message from older rollouts."""
    return _message(str(event.get("message") or ""), event)


def reasoning(event: Foreign) -> Item:
    """Reasoning from older rollouts."""
    raw = event.get("type") == "agent_reasoning_raw_content"
    texts = [str(event.get("text") or "")]
    return {"type": "reasoning", "summary": [] if raw else texts, "content": texts if raw else []}


def tool_call_end(event: Foreign) -> Item:
    """A call of an MCP server's tool from older rollouts."""
    return _mcp({**_dict(event.get("invocation")), **event, "id": event.get("call_id")})


def activity(event: Foreign) -> Item:
    """An event of a team's agent from older rollouts."""
    return _plain("subAgentActivity")({"id": event.get("event_id"), **event})


def _message(text: str, foreign: Foreign) -> Item:
    return {
        "type": "agentMessage",
        "id": foreign.get("id"),
        "text": text,
        "phase": foreign.get("phase"),
        "memoryCitation": camel(foreign.get("memory_citation")),
    }


def _user_item(foreign: Foreign) -> Item:
    content = [_input(part) for part in _dicts(foreign.get("content"))]
    client_id = foreign.get("client_id")
    return {
        "type": "userMessage",
        "id": foreign.get("id"),
        "clientId": client_id,
        "content": content,
    }


_INPUTS = {"local_image": "localImage", "local_audio": "localAudio"}


def _input(part: Foreign) -> Item:
    kind = str(part.get("type"))
    own_part = {**part, "type": _INPUTS.get(kind, kind)}
    url = part.get("image_url") or part.get("audio_url") or part.get("url")
    return {**own_part, "url": url} if url else own_part


def _agent_item(foreign: Foreign) -> Item:
    texts = [str(part.get("text") or "") for part in _dicts(foreign.get("content"))]
    return _message("".join(texts), foreign)


def _reasoning(foreign: Foreign) -> Item:
    return {
        "type": "reasoning",
        "id": foreign.get("id"),
        "summary": _list(foreign.get("summary_text")),
        "content": _list(foreign.get("raw_content")),
    }


def _dynamic(foreign: Foreign) -> Item:
    return {
        **_known(foreign, "id", "namespace", "tool", "arguments", "success"),
        "type": "dynamicToolCall",
        "status": to_camel(str(foreign.get("status"))),
        "contentItems": foreign.get("content_items"),
        "durationMs": duration_ms(foreign.get("duration")),
    }


def _mcp(foreign: Foreign) -> Item:
    result, error = foreign.get("result"), foreign.get("error")
    if isinstance(result, dict) and (result.keys() & {"Ok", "Err"}):
        error, result = result.get("Err"), result.get("Ok")
    failed = error is not None or (isinstance(result, dict) and result.get("isError") is True)
    status = foreign.get("status") or ("failed" if failed else "completed")
    return {
        **_known(foreign, "id", "server", "tool", "arguments"),
        "type": "mcpToolCall",
        "status": to_camel(str(status)),
        "result": camel(result) if isinstance(result, dict) else None,
        "error": {"message": error} if isinstance(error, str) else error,
        "durationMs": duration_ms(foreign.get("duration")),
    }


def _command(foreign: Foreign) -> Item:
    words, cwd = foreign.get("command"), str(foreign.get("cwd") or "/")
    command = shlex.join(map(str, words)) if isinstance(words, list) else str(words or "")
    actions = [_action(parsed) for parsed in _dicts(foreign.get("parsed_cmd"))]
    return {
        "type": "commandExecution",
        "id": foreign.get("id"),
        "command": command,
        "cwd": unquote(cwd.removeprefix(FILE_URL)) if cwd.startswith(FILE_URL) else cwd,
        "processId": foreign.get("process_id"),
        "source": to_camel(str(foreign.get("source") or "agent")),
        "status": to_camel(str(foreign.get("status"))),
        "commandActions": actions,
        "aggregatedOutput": foreign.get("aggregated_output"),
        "exitCode": foreign.get("exit_code"),
        "durationMs": duration_ms(foreign.get("duration")),
    }


def _action(parsed: Foreign) -> Item:
    kind = to_camel(str(parsed.get("type") or "unknown"))
    fields = {key: value for key, value in parsed.items() if key not in ("type", "cmd")}
    return {"type": kind, "command": parsed.get("cmd"), **fields}


def _collab(foreign: Foreign) -> Item:
    states = _dict(foreign.get("agents_states"))
    return {
        **_known(foreign, "id", "prompt", "model"),
        "type": "collabAgentToolCall",
        "tool": to_camel(str(foreign.get("tool"))),
        "status": to_camel(str(foreign.get("status"))),
        "senderThreadId": foreign.get("sender_thread_id"),
        "receiverThreadIds": _list(foreign.get("receiver_thread_ids")),
        "reasoningEffort": foreign.get("reasoning_effort"),
        "agentsStates": {agent: _state(state) for agent, state in states.items()},
    }


def _state(state: object) -> Item:
    if isinstance(state, dict) and len(state) == 1:
        [(status, message)] = state.items()
        return {"status": to_camel(str(status)), "message": message}
    return {"status": to_camel(str(state)), "message": None}


def _plain(kind: str) -> Callable[[Foreign], Item]:
    """The rule for an item of which only the keys' spelling differs."""

    def rule(foreign: Foreign) -> Item:
        return {**{to_camel(key): value for key, value in foreign.items()}, "type": kind}

    return rule


_RULES: Mapping[str, Callable[[Foreign], Item]] = {
    "UserMessage": _user_item,
    "AgentMessage": _agent_item,
    "Reasoning": _reasoning,
    "DynamicToolCall": _dynamic,
    "McpToolCall": _mcp,
    "CommandExecution": _command,
    "CollabAgentToolCall": _collab,
    "SubAgentActivity": _plain("subAgentActivity"),
    "ContextCompaction": _plain("contextCompaction"),
    "Plan": _plain("plan"),
}


def duration_ms(duration: object) -> int | None:
    """Seconds and nanoseconds, or milliseconds, as milliseconds."""
    if type(duration) is int:
        return duration
    parts = _dict(duration)
    secs, nanos = parts.get("secs"), parts.get("nanos")
    return secs * 1000 + nanos // 1_000_000 if type(secs) is type(nanos) is int else None


def camel(value: object) -> Any:  # noqa: ANN401  (as it came)
    """A record of the protocol with its keys in the clients' spelling, and its values unchanged.

    Only the outermost keys are the protocol's: output of tools is not changed.
    """
    if not isinstance(value, dict):
        return value
    return {key if key.startswith("_") else to_camel(key): entry for key, entry in value.items()}


def _known(foreign: Foreign, *keys: str) -> Item:
    return {key: foreign.get(key) for key in keys}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> Sequence[Foreign]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def _dict(value: object) -> Foreign:
    return value if isinstance(value, dict) else {}
