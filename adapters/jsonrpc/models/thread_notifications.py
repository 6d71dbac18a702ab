"""Notifications about a thread as a whole."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.status import ThreadStatus
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadStartedNotification(Notification):
    """A thread was started or forked; this carries its first status too."""

    method: ClassVar[str] = "thread/started"
    thread: Thread


class ThreadStatusChangedNotification(Notification):
    """A thread's status is another than before."""

    method: ClassVar[str] = "thread/status/changed"
    thread_id: str
    status: ThreadStatus
    """What it is doing now."""


class ThreadDeletedNotification(Notification):
    """A thread is gone for good."""

    method: ClassVar[str] = "thread/deleted"
    thread_id: str


class ThreadArchivedNotification(Notification):
    """A thread was put away."""

    method = "thread/archived"

    thread_id: str


class ThreadUnarchivedNotification(Notification):
    """A thread was taken out again."""

    method = "thread/unarchived"

    thread_id: str


class ThreadClosedNotification(Notification):
    """A thread was unloaded because nobody followed it."""

    method: ClassVar[str] = "thread/closed"
    thread_id: str


class ThreadNameUpdatedNotification(Notification):
    """A thread has another name, or none."""

    method: ClassVar[str] = "thread/name/updated"
    thread_id: str
    thread_name: str | None = None
    """What it is called now; null for no name."""


class ThreadRevertedNotification(Notification):
    """Turns of a thread were taken back."""

    method: ClassVar[str] = "thread/reverted"
    thread_id: str


class ThreadQueueChangedNotification(Notification):
    """What waits in line on a thread is not what it was."""

    method: ClassVar[str] = "thread/queue/changed"
    is_experimental: ClassVar[bool] = True
    thread_id: str
