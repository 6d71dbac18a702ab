"""A thread's settings in the shapes that clients see."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from threadhost.adapters.jsonrpc.models.thread import ThreadEnvironment
from threadhost.events.thread import ThreadSettings

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models import settings, thread_settings
    from threadhost.adapters.jsonrpc.models.base import Notification
    from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile

R = TypeVar("R")


def readable(chosen: ThreadSettings, show: Callable[[ThreadSettings], R]) -> R:
    """What `show` makes of settings; what no client can read of them is as it is by default.

    Raises ValidationError for what is not the settings' fault.
    """
    try:
        return show(chosen)
    except ValidationError:
        return show(chosen.model_copy(update={name: _default(name) for name in _odd(chosen)}))


def settings_updated(thread_id: str, chosen: ThreadSettings) -> "Notification":
    """The news that a thread's next turns have these settings."""
    from threadhost.adapters.jsonrpc.models import thread_settings

    return thread_settings.ThreadSettingsUpdatedNotification(
        thread_id=thread_id, thread_settings=readable(chosen, _shown)
    )


def profile(chosen: ThreadSettings) -> "ActivePermissionProfile | None":
    """The named profile that the sandbox came from, if it did."""
    from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile

    return None if chosen.permissions is None else ActivePermissionProfile(id=chosen.permissions)


def mode(chosen: ThreadSettings) -> "settings.CollaborationMode":
    """The one mode that this host works in."""
    from threadhost.adapters.jsonrpc.models import settings

    of_mode = settings.ModeSettings(
        model=chosen.model,
        reasoning_effort=chosen.effort,
        developer_instructions=chosen.developer_instructions,
    )
    return settings.CollaborationMode(mode="default", settings=of_mode)


def _shown(chosen: ThreadSettings) -> "thread_settings.ThreadSettings":
    from threadhost.adapters.jsonrpc.models import thread_settings

    place = ThreadEnvironment(
        environment_id="local", cwd=chosen.cwd, runtime_workspace_roots=[chosen.cwd]
    )
    return thread_settings.ThreadSettings(
        disabled_plugin_ids=chosen.disabled_plugin_ids,
        cwd=chosen.cwd,
        environments=[place],
        approval_policy=chosen.approval_policy,
        approvals_reviewer=chosen.approvals_reviewer,  # type: ignore[arg-type]
        sandbox_policy=chosen.sandbox,  # type: ignore[arg-type]
        active_permission_profile=profile(chosen),
        model=chosen.model,
        model_provider=chosen.model_provider,
        service_tier=chosen.service_tier,
        effort=chosen.effort,
        summary=chosen.summary,  # type: ignore[arg-type]
        collaboration_mode=mode(chosen),
        personality=chosen.personality,  # type: ignore[arg-type]
    )


def _odd(chosen: ThreadSettings) -> list[str]:
    """The settings that do not fit what clients know, each looked at by itself."""
    odd = []
    for name in ThreadSettings.model_fields:
        plain = ThreadSettings(cwd="/", model="m", model_provider="p")
        try:
            _shown(plain.model_copy(update={name: getattr(chosen, name)}))
        except ValidationError:
            odd.append(name)
    return odd


def _default(name: str) -> object:
    return ThreadSettings.model_fields[name].get_default(call_default_factory=True)
