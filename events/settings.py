"""How a thread works: what its starter chose, and may change later."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from threadhost.events.empty import no_dict, no_list
from threadhost.events.lazy_model import LazyModel


class ThreadSettings(BaseModel, metaclass=LazyModel):
    """How a thread works, as its starter asked; applies to every turn until changed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    cwd: str
    model: str
    model_provider: str
    originator: str = ""
    base_instructions: str | None = None
    developer_instructions: str | None = None
    approval_policy: Any = "never"
    approvals_reviewer: str = "user"
    sandbox: dict[str, Any] = Field(default_factory=lambda: {"type": "readOnly"})
    service_tier: str | None = None
    effort: str | None = None
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    config: dict[str, Any] = Field(default_factory=no_dict)
    dynamic_tools: list[dict[str, Any]] = Field(default_factory=no_list)
    user_input: bool = False
    """Whether the model may ask the user."""
    summary: str | None = None
    verbosity: str | None = None
    personality: str | None = None
    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    permissions: str | None = None
    """The named profile that the sandbox came from."""
