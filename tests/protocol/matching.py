"""Comparing what came with what was recorded: placeholders are bound where they are first seen."""

import re
from typing import Any
from uuid import uuid4

from tests.following.sessions import VERSION
from tests.protocol.differences import VALUES
from tests.protocol.kinds_of_difference import ANY, OneOf
from threadhost.adapters.version import PROTOCOL_VERSION

PLACEHOLDER = re.compile(r"<(?:thread|turn|item|uuid):\d+>|\b(?:msg|call)-\d+(?:_\d+)?(?:-\d+)?\b")
TIME = "<time>"
WITHIN = {
    re.escape("@@mock ..."): ".*",
    "<day>": r"\d{4}/\d\d/\d\d",
    "<iso>": r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d",
}
"""What stands inside texts of a recording: the rest of what told the model what to do, times."""
TEXTS = ("<userAgent>", "<host>", "<iso>", "<day>", "<nickname>")


class Mismatch(AssertionError):
    """What came is not what was recorded."""


class Names:
    """What the placeholders of a recording stand for in this run."""

    def __init__(self, cwd: str, home: str) -> None:
        self._fixed = {
            "<cwd>": cwd,
            "<home>": home,
            "<nobody>": str(uuid4()),
            VERSION: PROTOCOL_VERSION,
        }
        self._bound: dict[str, str] = {}
        self._cursors: dict[str | None, str] = {}

    def known(self, name: str) -> str | None:
        """What a placeholder stands for, as far as it has been seen."""
        return self._bound.get(name)

    def is_bound(self, value: str | None) -> bool:
        """Whether a placeholder stands for this."""
        return value in self._bound.values()

    def bind(self, name: str, value: str) -> None:
        """From now on the placeholder is this value, and nothing else is."""
        known = self._bound.setdefault(name, value)
        if known != value:
            raise Mismatch(f"{name} is {known}, not {value}")
        if [*self._bound.values()].count(value) > 1:
            raise Mismatch(f"{value} is {name} and something else")

    def fill(self, value: Any, key: str = "") -> Any:
        """A recorded message as it is sent here; what nobody has seen yet gets a new id."""
        if isinstance(value, dict):
            return {k: self.fill(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        if not isinstance(value, str):
            return value
        if key == "cursor" and value in self._cursors:
            return self._cursors[value]
        for name, fixed in self._fixed.items():
            value = value.replace(name, fixed)
        return PLACEHOLDER.sub(lambda m: self._bound.setdefault(m[0], str(uuid4())), value)

    def match(self, wanted: Any, found: Any, path: str = "") -> None:
        """Raises Mismatch that says where."""
        for rule in VALUES:
            if re.search(rule.path, path):
                self._match_ours(rule.ours, wanted, found, path)
                return
        if wanted is ANY or (wanted == TIME and type(found) is int):
            return
        if isinstance(wanted, dict) and isinstance(found, dict):
            self._match_objects(wanted, found, path)
        elif isinstance(wanted, list) and isinstance(found, list):
            if len(wanted) != len(found):
                raise Mismatch(f"{path}: {len(found)} elements, not {len(wanted)}: {found}")
            for one, other in zip(wanted, found, strict=True):
                self.match(one, other, f"{path}[]")
        elif isinstance(wanted, str) and isinstance(found, str):
            self._match_texts(wanted, found, path)
        elif wanted != found or type(wanted) is not type(found):
            raise Mismatch(f"{path}: {found!r}, not {wanted!r}")

    def _match_ours(self, ours: object, wanted: Any, found: Any, path: str) -> None:
        if ours is ANY:
            if (wanted is None) != (found is None):
                raise Mismatch(f"{path}: {found!r}, not {wanted!r}")
            self._cursors[wanted] = found
        elif found not in (ours if isinstance(ours, OneOf) else (ours,)):
            raise Mismatch(f"{path}: {found!r}, not {ours!r}, which is our own value")

    def _match_objects(self, wanted: dict[str, Any], found: dict[str, Any], path: str) -> None:
        wanted = {self._key(key): value for key, value in wanted.items()}
        if wanted.keys() != found.keys():
            different = wanted.keys() ^ found.keys()
            raise Mismatch(f"{path}: {sorted(different)} on one side only: {found}")
        for key, value in wanted.items():
            self.match(value, found[key], f"{path}.{key}" if path else key)

    def _key(self, key: str) -> str:
        """A key, which may be a placeholder that was seen before."""
        return self._bound.get(key) or self._fixed.get(key, key)

    def _match_texts(self, wanted: str, found: str, path: str) -> None:
        if wanted in TEXTS:
            return
        pattern, names = "", []
        for name, fixed in self._fixed.items():
            wanted = wanted.replace(name, fixed)
        at = 0
        for hit in PLACEHOLDER.finditer(wanted):
            pattern += re.escape(wanted[at : hit.start()])
            pattern += re.escape(self._bound[hit[0]]) if hit[0] in self._bound else r"([\w-]+)"
            names += [] if hit[0] in self._bound else [hit[0]]
            at = hit.end()
        pattern += re.escape(wanted[at:])
        for name, any_such in WITHIN.items():
            pattern = pattern.replace(name, any_such)
        matched = re.fullmatch(pattern, found, re.DOTALL)
        if matched is None:
            raise Mismatch(f"{path}: {found!r}, not {self.fill(wanted)!r}")
        for name, value in zip(names, matched.groups(), strict=True):
            self.bind(name, value)
