"""`skills/list` and `hooks/list`: the skills and hooks of working folders; the host has none."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.events.empty import no_list


class SkillsListParams(Params):
    """Of which folders; of the host's own if none is named."""

    cwds: list[str] = Field(default_factory=no_list)
    """The folders to look at; the client's own if the list is empty."""
    force_reload: bool = False
    """Taken and not used: nothing is kept that could be old."""


class SkillsListEntry(Wire):
    """The skills of one folder."""

    cwd: str
    """The folder."""
    skills: list[object] = Field(default_factory=no_list)
    """Its skills: always none."""
    errors: list[object] = Field(default_factory=no_list)
    """What could not be read: always nothing."""


class SkillsListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[SkillsListEntry]
    """An entry for each folder, in the order asked for."""


class HooksListParams(Params):
    """Of which folders, or of which thread's."""

    cwds: list[str] = Field(default_factory=no_list)
    """The folders to look at; the client's own if the list is empty."""
    thread_id: str | None = None
    """A thread whose folder is looked at instead, by its id; null for none."""


class HooksListEntry(Wire):
    """The hooks of one folder."""

    cwd: str
    """The folder."""
    hooks: list[object] = Field(default_factory=no_list)
    """Its hooks: always none."""
    warnings: list[str] = Field(default_factory=no_list)
    """What is odd about them: always nothing."""
    errors: list[object] = Field(default_factory=no_list)
    """What could not be read: always nothing."""


class HooksListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[HooksListEntry]
    """An entry for each folder, in the order asked for."""
