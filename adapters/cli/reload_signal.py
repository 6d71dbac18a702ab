"""SIGHUP on a host without a terminal: the host reads its configuration again."""

import os
from collections.abc import Mapping
from time import monotonic_ns

from threadhost.adapters.jsonrpc.context import HostContext
from threadhost.adapters.reloading import reload
from threadhost.events.causes import by_timer
from threadhost.events.store.errors import StoreError

SUPERVISED = "NOTIFY_SOCKET"


async def reload_at_signal(app: HostContext) -> None:
    """Read the configuration again; its faults go to the operator log."""
    from threadhost.events.operator_log import CONFIG_NOT_RELOADED

    _notify_manager(os.environ, "RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1000}")
    try:
        await reload(app, by_timer("sighup", app.clock.now_ms()))
    except (ValueError, StoreError) as error:
        CONFIG_NOT_RELOADED.emit(what=error)
    finally:
        _notify_manager(os.environ, "READY=1")


def _notify_manager(env: Mapping[str, str], *words: str) -> None:
    if SUPERVISED in env:
        from threadhost.adapters.cli.sd_notify import sd_notify

        sd_notify(env, *words)
