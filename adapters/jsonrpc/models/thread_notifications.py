"""Notifications about a thread as a whole."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.status import ThreadStatus
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadStartedNotification(Notification):
    """A thread was started or forked; the notification has its first status, too."""

    method: ClassVar[str] = "thread/started"
    thread: Thread


class ThreadStatusChangedNotification(Notification):
    """The status of a thread changed."""

    method: ClassVar[str] = "thread/status/changed"
    thread_id: str
    status: ThreadStatus
    """Its current status."""


class ThreadDeletedNotification(Notification):
    """A thread was deleted."""

    method: ClassVar[str] = "thread/deleted"
    thread_id: str


class ThreadArchivedNotification(Notification):
    """A thread was archived."""

    method = "thread/archived"

    thread_id: str


class ThreadUnarchivedNotification(Notification):
    """A thread was unarchived."""

    method = "thread/unarchived"

    thread_id: str


class ThreadClosedNotification(Notification):
    """A thread was unloaded because no connection followed it."""

    method: ClassVar[str] = "thread/closed"
    thread_id: str


class ThreadNameUpdatedNotification(Notification):
    """The name of a thread changed."""

    method: ClassVar[str] = "thread/name/updated"
    thread_id: str
    thread_name: str | None = None
    """Its current name; null for none."""


class ThreadRevertedNotification(Notification):
    """Turns were removed from the history of a thread."""

    method: ClassVar[str] = "thread/reverted"
    thread_id: str


class ThreadQueueChangedNotification(Notification):
    """The queue of a thread changed."""

    method: ClassVar[str] = "thread/queue/changed"
    is_experimental: ClassVar[bool] = True
    thread_id: str
