"""The wire forms of a thread's settings."""

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from threadhost.adapters.jsonrpc.models.thread import ThreadEnvironment
from threadhost.events.thread import ThreadSettings
from threadhost.events.words import truncate
from threadhost.projections.listing import TEXT_CHARS_MAX

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models import settings, thread_settings
    from threadhost.adapters.jsonrpc.models.base import Notification
    from threadhost.adapters.jsonrpc.models.policy import ApprovalsReviewer
    from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile

R = TypeVar("R")
WORDS = ("cwd", "model", "model_provider", "service_tier", "effort", "permissions")
_words = attrgetter(*WORDS)
INSTRUCTIONS_CHARS_MAX = 1024 * 1024
TOLD_CHARS_MAX = 64 * 1024
"""Longer instructions are left out of notifications of changed settings."""
PLUGINS_MAX = 5_000


def readable(chosen: ThreadSettings, show: Callable[[ThreadSettings], R]) -> R:
    """The result of `show` for settings; a setting that clients cannot read has its default.

    Texts and lists that are longer than clients may send, which an older version stored, are cut.
    Raises ValidationError for a fault that is not of the settings.
    """
    chosen = _shortened(chosen)
    try:
        return show(chosen)
    except ValidationError:
        return show(chosen.model_copy(update={name: _default(name) for name in _unfitting(chosen)}))


def _shortened(chosen: ThreadSettings) -> ThreadSettings:
    cut: dict[str, object] = {}
    words = _words(chosen)
    if max(map(len, filter(None, words)), default=0) > TEXT_CHARS_MAX:
        texts = zip(WORDS, words, strict=True)
        cut = {name: truncate(text, TEXT_CHARS_MAX) for name, text in texts if text}
    instructions = chosen.developer_instructions or ""
    if len(instructions) > INSTRUCTIONS_CHARS_MAX:
        cut["developer_instructions"] = truncate(instructions, INSTRUCTIONS_CHARS_MAX)
    plugins = chosen.disabled_plugin_ids
    if len(plugins) > PLUGINS_MAX or any(len(plugin) > TEXT_CHARS_MAX for plugin in plugins):
        cut["disabled_plugin_ids"] = [
            truncate(plugin, TEXT_CHARS_MAX) for plugin in plugins[:PLUGINS_MAX]
        ]
    return chosen.model_copy(update=cut) if cut else chosen


def settings_updated(thread_id: str, chosen: ThreadSettings) -> "Notification":
    """The notification that a thread's next turns have these settings.

    It has null for long instructions: a client that sends null back changes nothing, whereas cut
    instructions would replace the whole ones.
    """
    from threadhost.adapters.jsonrpc.models import thread_settings

    if len(chosen.developer_instructions or "") > TOLD_CHARS_MAX:
        chosen = chosen.model_copy(update={"developer_instructions": None})
    return thread_settings.ThreadSettingsUpdatedNotification(
        thread_id=thread_id, thread_settings=readable(chosen, _shown)
    )


def profile(chosen: ThreadSettings) -> "ActivePermissionProfile | None":
    """The named profile that set the sandbox, or None."""
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


def tier(chosen: ThreadSettings) -> str | None:
    """The service tier; `fast` is the former name of `priority`."""
    return "priority" if chosen.service_tier == "fast" else chosen.service_tier


def reviewer(chosen: ThreadSettings) -> "ApprovalsReviewer":
    """The reviewer of approvals; `guardian_subagent` is the former name of `auto_review`."""
    return "user" if chosen.approvals_reviewer == "user" else "auto_review"


def _shown(chosen: ThreadSettings) -> "thread_settings.ThreadSettings":
    from threadhost.adapters.jsonrpc.models import thread_settings

    environment = ThreadEnvironment(
        environment_id="local", cwd=chosen.cwd, runtime_workspace_roots=[chosen.cwd]
    )
    return thread_settings.ThreadSettings(
        disabled_plugin_ids=chosen.disabled_plugin_ids,
        cwd=chosen.cwd,
        environments=[environment],
        approval_policy=chosen.approval_policy,
        approvals_reviewer=reviewer(chosen),
        sandbox_policy=chosen.sandbox,  # type: ignore[arg-type]
        active_permission_profile=profile(chosen),
        model=chosen.model,
        model_provider=chosen.model_provider,
        service_tier=tier(chosen),
        effort=chosen.effort,
        summary=chosen.summary,  # type: ignore[arg-type]
        collaboration_mode=mode(chosen),
        personality=chosen.personality,  # type: ignore[arg-type]
    )


def _unfitting(chosen: ThreadSettings) -> list[str]:
    """The settings that clients cannot read, each checked by itself."""
    unfitting = []
    for name in ThreadSettings.model_fields:
        plain = ThreadSettings(cwd="/", model="m", model_provider="p")
        try:
            _shown(plain.model_copy(update={name: getattr(chosen, name)}))
        except ValidationError:
            unfitting.append(name)
    return unfitting


def _default(name: str) -> object:
    return ThreadSettings.model_fields[name].get_default(call_default_factory=True)
