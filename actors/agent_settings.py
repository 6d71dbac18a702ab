"""The settings of an agent: its parent's, changed by the role and the request it starts with."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from threadhost.actors.agent_arguments import SpawnAgent
from threadhost.actors.agent_limits import BUILT_IN, AgentPolicy, KnownModel, Role
from threadhost.events.agent_words import NOTIFICATION
from threadhost.events.thread import ThreadSettings
from threadhost.events.words import truncate

SUBAGENT = "subagent"
"""The source of threads that models start, in the words of clients."""
CONTEXT = ("<codex_internal_context", NOTIFICATION, "<turn_aborted>")
"""The beginnings of messages that no user wrote."""
NICKNAMES: Sequence[str] = (
    *("Ada", "Alba", "Amos", "Anselm", "Birch", "Bruno", "Cedar", "Clara", "Cosmo", "Dora"),
    *("Edda", "Elmo", "Enid", "Fern", "Flora", "Gus", "Hazel", "Hugo", "Ida", "Iris"),
    *("Ivo", "Jasper", "Juno", "Kit", "Lark", "Linus", "Luna", "Mabel", "Max", "Mira"),
    *("Nell", "Nico", "Olive", "Oscar", "Otto", "Pearl", "Quill", "Remy", "Robin", "Rowan"),
    *("Sage", "Silas", "Stella", "Theo", "Tilda", "Ursa", "Vera", "Wren", "Yara", "Zeno"),
)
"""The default nicknames of agents."""


def agent_settings(
    parent: ThreadSettings, request: SpawnAgent, agents: AgentPolicy, number: int
) -> ThreadSettings:
    """The settings of the agent of this number in its tree.

    Raises ValueError with words that a model can act on.
    """
    role = _role(request.role, agents.roles)
    changed: dict[str, Any] = dict(role.settings)
    provider = changed.get("model_provider", parent.model_provider)
    if request.model is not None:
        changed |= _chosen(request.model, provider, agents.models)
    if request.effort is not None:
        model = changed.get("model", parent.model)
        place = changed.get("model_provider", parent.model_provider), model
        _require_effort(request.effort, place, agents.models)
        changed["effort"] = request.effort
    changed["agent_nickname"] = _nickname(number, role.nicknames)
    changed["agent_role"] = request.role
    changed["thread_source"] = SUBAGENT
    return parent.model_copy(update=changed)


def messages_in(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """The messages of users in a history, and the final answers to them."""
    items: list[dict[str, Any]] = [from_json(line) for line in lines]
    return [item for item in items if _is_talk(item)]


def _is_talk(item: Mapping[str, Any]) -> bool:
    if item.get("type", "message") != "message":
        return False
    if item.get("role") == "assistant":
        return item.get("phase") == "final_answer"
    parts = item.get("content")
    first = parts[0].get("text", "") if isinstance(parts, list) and parts else ""
    return item.get("role") == "user" and not str(first).startswith(CONTEXT)


def _role(name: str | None, roles: Mapping[str, Role]) -> Role:
    if name is None:
        return roles.get("default", BUILT_IN["default"])
    role = roles.get(name) or BUILT_IN.get(name)
    if role is None:
        raise ValueError(f"unknown agent_type '{truncate(name, 100)}'")
    return role


def _chosen(name: str, provider: str, models: Sequence[KnownModel]) -> Mapping[str, str]:
    """The settings for a model name: a model of this provider, or `PROVIDER:MODEL` of another."""
    for model in models:
        if model.name_for(provider) == name:
            return {"model": model.name, "model_provider": model.provider}
    if any(model.provider == provider for model in models):
        names = ", ".join(model.name_for(provider) for model in models)
        raise ValueError(
            f"Unknown model `{truncate(name, 100)}` for spawn_agent. Available models: {names}"
        )
    return {"model": name}


def _require_effort(effort: str, place: tuple[str, str], models: Sequence[KnownModel]) -> None:
    efforts = next((model.efforts for model in models if (model.provider, model.name) == place), ())
    if efforts and effort not in efforts:
        raise ValueError(
            f"Reasoning effort `{truncate(effort, 100)}` is not supported for model `{place[1]}`. "
            f"Supported reasoning efforts: {', '.join(efforts)}"
        )


def _nickname(number: int, nicknames: Sequence[str] = ()) -> str:
    """The nickname of the agent of this number in its tree, from 0; names repeat if too few."""
    names = nicknames or NICKNAMES
    return names[number % len(names)]
