"""The settings of a codex thread: from its first line, the contexts of its turns, and its row."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from threadhost.actors.errors import Refusal
from threadhost.actors.tool_specs import check_tools
from threadhost.adapters.jsonrpc.models.policy import PROFILES, SandboxMode, sandbox_policy
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams
from threadhost.events.settings import ThreadSettings

Foreign = Mapping[str, Any]
NO_PROVIDER = "openai"
"""The provider that codex uses where a thread names none."""
NO_MODEL = "unknown"
APPROVALS = ("untrusted", "on-request", "never")
REVIEWERS = ("user", "auto_review", "guardian_subagent")


class ToolsRefused(Exception):
    """A thread's client tools cannot be offered by a host; the message says why."""


def first_settings(meta: Foreign, row: Foreign) -> ThreadSettings:
    """The settings in the first line of a rollout, completed from its row."""
    cwd, provider = _text(meta, "cwd"), _text(meta, "model_provider")
    instructions = meta.get("base_instructions")
    spawned = spawn_of(meta)
    return ThreadSettings(
        cwd=cwd if cwd.startswith("/") else "/",
        model=_text(row, "model") or NO_MODEL,
        model_provider=provider or _text(row, "model_provider") or NO_PROVIDER,
        originator=_text(meta, "originator"),
        base_instructions=_text(instructions, "text") or None
        if isinstance(instructions, dict)
        else None,
        thread_source=_text(meta, "thread_source") or None,
        agent_nickname=_text(meta, "agent_nickname") or _text(spawned, "agent_nickname") or None,
        agent_role=_text(meta, "agent_role") or _text(spawned, "agent_role") or None,
        sandbox=_policy("read-only"),
    )


def with_tools(settings: ThreadSettings, tools: object) -> ThreadSettings:
    """The same with the thread's client tools. Raises ToolsRefused."""
    if not tools:
        return settings
    try:
        offered = ThreadStartParams.from_wire({"dynamicTools": tools}).dynamic_tools or ()
        specs = [tool.model_dump(mode="json", by_alias=True) for tool in offered]
        check_tools(specs)
    except ValidationError:
        raise ToolsRefused(
            "its client's tools are left out: they are not a list of tools"
        ) from None
    except Refusal as error:
        raise ToolsRefused(f"its client's tools are left out: {error}") from None
    return settings.model_copy(update={"dynamic_tools": specs})


def with_context(settings: ThreadSettings, context: Foreign) -> ThreadSettings:
    """The same with the changes of a turn."""
    read: dict[str, Any] = {
        name: text
        for name in ("cwd", "model", "effort", "summary")
        if (text := _text(context, name))
    }
    if not str(read.get("cwd", "/")).startswith("/"):
        del read["cwd"]
    if (approvals := context.get("approval_policy")) in APPROVALS:
        read["approval_policy"] = approvals
    if (reviewer := context.get("approvals_reviewer")) in REVIEWERS:
        read["approvals_reviewer"] = reviewer
    mode = _text(context.get("sandbox_policy"), "type")
    if mode in PROFILES.values():
        read["sandbox"] = _policy(cast("SandboxMode", mode))
    changed = {name: value for name, value in read.items() if getattr(settings, name) != value}
    return settings.model_copy(update=changed) if changed else settings


def spawn_of(meta: Foreign) -> Foreign:
    """The spawn data of a thread that another one started; empty for others."""
    source = meta.get("source")
    subagent = source.get("subagent") if isinstance(source, dict) else None
    spawned = subagent.get("thread_spawn") if isinstance(subagent, dict) else None
    return spawned if isinstance(spawned, dict) else {}


def _text(record: object, name: str) -> str:
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, str) else ""


def _policy(mode: SandboxMode) -> dict[str, Any]:
    policy: dict[str, Any] = sandbox_policy(mode).model_dump(mode="json", by_alias=True)
    return policy
