"""Named points where a test may make the host die, stall or fail; otherwise they do nothing."""

from collections.abc import Callable

_hooks: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Report that execution reached the point `name`."""
    if _hooks and (hook := _hooks.get(name)):
        hook()


def arm(name: str, hook: Callable[[], None]) -> None:
    """Run `hook` whenever `name` is reached."""
    _hooks[name] = hook


def disarm() -> None:
    """Remove all hooks."""
    _hooks.clear()
