"""Workers say of each test how it went, and no more: a message costs as much as a small test."""

from collections.abc import Callable
from typing import Any

import pytest

UNHEARD = ("logstart", "logfinish")
"""What nobody listens to, since results alone are printed."""


def silence(config: pytest.Config) -> None:
    """Let a worker of this run keep to itself what is not shown; elsewhere do nothing."""
    if config.getoption("durations", None) is not None or config.getoption("verbose") > 0:
        return
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.sendevent = sparing(plugin.sendevent)


def sparing(send: Callable[..., None]) -> Callable[..., None]:
    """`send`, without what is not worth a message."""

    def sendevent(name: str, **said: Any) -> None:
        if name not in UNHEARD and not (name == "testreport" and is_plain(said["data"])):
            send(name, **said)

    return sendevent


def is_plain(report: dict[str, Any]) -> bool:
    """Whether a report says only that a test could begin, or end."""
    return report["when"] != "call" and report["outcome"] == "passed" and not report["sections"]
