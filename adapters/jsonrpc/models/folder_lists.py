"""`skills/list` and `hooks/list`: the skills and hooks of working folders; the host has none."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.events.empty import no_list


class SkillsListParams(Params):
    """The folders; the host's own if none is named."""

    cwds: list[str] = Field(default_factory=no_list)
    """The folders to look in; the client's own folder if the list is empty."""
    force_reload: bool = False
    """Ignored: the host caches nothing here."""


class SkillsListEntry(Wire):
    """The skills of one folder."""

    cwd: str
    """The folder."""
    skills: list[object] = Field(default_factory=no_list)
    """Its skills: always none."""
    errors: list[object] = Field(default_factory=no_list)
    """The entries that could not be read: always none."""


class SkillsListResponse(Result):
    """An entry for each folder, in the order of the request."""

    data: list[SkillsListEntry]
    """An entry for each folder, in the order of the request."""


class HooksListParams(Params):
    """The folders, or the thread whose folder to use."""

    cwds: list[str] = Field(default_factory=no_list)
    """The folders to look in; the client's own folder if the list is empty."""
    thread_id: str | None = None
    """The id of a thread whose folder is used instead; null for none."""


class HooksListEntry(Wire):
    """The hooks of one folder."""

    cwd: str
    """The folder."""
    hooks: list[object] = Field(default_factory=no_list)
    """Its hooks: always none."""
    warnings: list[str] = Field(default_factory=no_list)
    """Warnings about them: always none."""
    errors: list[object] = Field(default_factory=no_list)
    """The entries that could not be read: always none."""


class HooksListResponse(Result):
    """An entry for each folder, in the order of the request."""

    data: list[HooksListEntry]
    """An entry for each folder, in the order of the request."""
