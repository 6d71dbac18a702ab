"""Named points where a test may make the host die, stall or fail; otherwise they do nothing."""

from collections.abc import Callable

_hooks: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Say that execution came to the point `name`."""
    if _hooks and (hook := _hooks.get(name)):
        hook()


def arm(name: str, hook: Callable[[], None]) -> None:
    """Run `hook` whenever `name` is reached."""
    _hooks[name] = hook


def disarm() -> None:
    """Forget all hooks."""
    _hooks.clear()
