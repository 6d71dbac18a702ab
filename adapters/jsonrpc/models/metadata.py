"""`thread/metadata/update`: what a client keeps about a thread beside its history."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadMetadataGitInfoUpdateParams(Wire):
    """Changes of what is known of a repository.

    Absent leaves a field as it is and null clears it: ask `model_fields_set`.
    """

    sha: str | None = None
    branch: str | None = None
    origin_url: str | None = None


class ThreadMetadataUpdateParams(Params):
    """A thread and what is to be changed; null is as good as absent but inside `git_info`."""

    experimental: ClassVar[tuple[str, ...]] = ("project_id", "daybreak_enabled")
    thread_id: str
    git_info: ThreadMetadataGitInfoUpdateParams | None = None
    project_id: str | None = None
    daybreak_enabled: bool | None = None


class ThreadMetadataUpdateResponse(Result):
    """The thread as it is now."""

    thread: Thread
