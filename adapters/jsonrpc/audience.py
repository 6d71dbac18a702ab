"""Notifications as they are derived from events: in order, and each with whom it is for."""

from collections.abc import Iterable

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadStatusChangedNotification

Found = Iterable[tuple[Notification, bool]]
"""Notifications in order, and for each whether it goes to every connection."""


def told_status(thread_id: str, name: str) -> tuple[Notification, bool]:
    """Everyone hears the status of a thread."""
    return ThreadStatusChangedNotification(thread_id=thread_id, status=render.status(name)), True
