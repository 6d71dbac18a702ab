"""What pages show of a wire, carried out: `->` is sent, `<-` is awaited, `…` is anything more."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect, unix_connect

MORE = "…"
NAME = re.compile(r"[A-Z][A-Z0-9_]+")
ARROW = re.compile(r"^(->|<-) ", re.MULTILINE)
WAIT_S = 30
Names = dict[str, str]


def messages(block: str) -> Iterator[tuple[str, Any]]:
    """Each message of a block with its arrow; it may stand on several lines."""
    _, *parts = ARROW.split(block)
    for arrow, text in zip(parts[::2], parts[1::2], strict=True):
        values = re.sub(rf"(?<=\":)(\s*){MORE}", rf'\1"{MORE}"', text)
        members = re.sub(rf"{MORE}(?=\s*\}})", f'"{MORE}": 0', values)
        yield arrow, json.loads(re.sub(rf"{MORE}(?=\s*\])", f'"{MORE}"', members))


def filled(shown: Any, names: Names) -> Any:
    """A message with what its names stand for. Raises KeyError for one that nobody gave yet."""
    if isinstance(shown, dict):
        return {key: filled(value, names) for key, value in shown.items()}
    if isinstance(shown, list):
        return [filled(value, names) for value in shown]
    return names[shown] if isinstance(shown, str) and NAME.fullmatch(shown) else shown


def matches(shown: Any, got: Any, names: Names) -> bool:
    """Whether a message is as it is shown; names take what stands in their place first."""
    if shown == MORE:
        return True
    if isinstance(shown, dict) and isinstance(got, dict):
        wanted = {key: value for key, value in shown.items() if key != MORE}
        whole = MORE in shown or wanted.keys() == got.keys()
        found = (key in got and matches(wanted[key], got[key], names) for key in wanted)
        return whole and all(found)
    if isinstance(shown, list) and isinstance(got, list):
        wanted_items = [value for value in shown if value != MORE]
        whole = len(wanted_items) < len(shown) or len(wanted_items) == len(got)
        pairs = zip(wanted_items, got, strict=False)
        return (
            whole and len(wanted_items) <= len(got) and all(matches(*pair, names) for pair in pairs)
        )
    if isinstance(shown, str) and NAME.fullmatch(shown):
        return bool(names.setdefault(shown, got) == got)
    if isinstance(shown, str) and isinstance(got, str) and MORE in shown:
        return re.fullmatch(re.escape(shown).replace(MORE, ".*"), got) is not None
    return type(shown) is type(got) and bool(shown == got)


class Wire:
    """A connection to a host, over a socket file or a port, for all that a page shows of it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._names: Names = {}

    def play(self, block: str) -> None:
        """Send what is sent and hear what is heard, in order; others may come in between."""
        for arrow, shown in messages(block):
            if arrow == "->":
                self._socket.send(json.dumps(filled(shown, self._names)))
            else:
                self._hear(shown)

    def _hear(self, shown: Any) -> None:
        seen: list[Any] = []
        while True:
            try:
                got = json.loads(self._socket.recv(WAIT_S))
            except TimeoutError:
                raise AssertionError(f"{shown} did not come; these did: {seen}") from None
            names = dict(self._names)
            if matches(shown, got, names):
                self._names = names
                return
            assert "error" not in got, f"{got} came in the place of {shown}"
            seen.append(got)


@contextmanager
def wire_to(address: str) -> Iterator[Wire]:
    """A wire to a host that says that it listens there."""
    scheme, _, path = address.partition("://")
    with unix_connect(path) if scheme == "unix" else connect(address) as socket:
        yield Wire(socket)
