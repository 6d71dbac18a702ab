"""The protocol as somebody published it: methods, notifications and the shapes they travel in."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

PROSE = ("$schema", "title", "description")
NAMED = ("properties", "definitions", "patternProperties")
"""Keywords whose keys are names that somebody chose, and no keywords."""
AS_THEY_ARE = ("enum", "const", "default")
UNNAMED_ANSWERS = {"thread/search/stream": "ThreadSearchResponse"}
"""What a method answers where the published list does not say, seen by calling it."""
_VERSION = re.compile(r"\bversion (\d+\.\d+\.\d+)")
_REFERENCE = re.compile(r"#/definitions/(?:v\d+/)?")

Roles = dict[str, Any]
"""`params` and `response` of a method, names of definitions or None, and `experimental`."""


class Published(NamedTuple):
    """One version of the protocol, without its prose; `version` is empty where none is named.

    A whole one has every method there is, others those that this host has to do with.
    """

    version: str
    methods: dict[str, Roles]
    notifications: dict[str, str]
    requests: dict[str, Roles]
    definitions: dict[str, Any]
    is_whole: bool = False

    @property
    def names(self) -> set[str]:
        """All methods, notifications and requests."""
        return {*self.methods, *self.notifications, *self.requests}

    def reached_from(self, names: Iterable[str | None]) -> set[str]:
        """These definitions, and all that they are made of."""
        reached: set[str] = set()
        waiting = [name for name in names if name in self.definitions]
        while waiting:
            if (name := waiting.pop()) not in reached:
                reached.add(name)
                waiting += references(self.definitions[name]) & self.definitions.keys()
        return reached

    def filled(self, known: "Published") -> "Published":
        """With what a method takes and answers from another version, where this does not say it."""
        methods = {
            name: {k: known.methods.get(name, {}).get(k) if v is None else v for k, v in of.items()}
            for name, of in self.methods.items()
        }
        return self._replace(methods=methods)

    def of(self, names: set[str]) -> "Published":
        """That part of it which these methods, notifications and requests need."""
        methods = {n: roles for n, roles in self.methods.items() if n in names}
        notifications = {n: of for n, of in self.notifications.items() if n in names}
        requests = {n: roles for n, roles in self.requests.items() if n in names}
        both = [*methods.values(), *requests.values()]
        roots = [*notifications.values(), *(roles[at] for roles in both for at in ROLES)]
        reached = self.reached_from(roots)
        definitions = {n: one for n, one in self.definitions.items() if n in reached}
        return self._replace(
            methods=methods,
            notifications=notifications,
            requests=requests,
            definitions=definitions,
        )


ROLES = ("params", "response")


def read(folder: Path) -> Published:
    """What a folder holds: `methods.json` and `definitions.json`, or an export of the reference.

    Raises FileNotFoundError that says what would be right.
    """
    if (folder / "methods.json").is_file():
        return _listed(folder)
    if (folder / "ClientRequest.json").is_file():
        from tests.following.exported import exported

        return exported(folder)
    raise FileNotFoundError(
        f"{folder} holds no protocol: neither methods.json and definitions.json,"
        " nor what `codex app-server generate-json-schema --experimental --out DIR` writes"
    )


def _listed(folder: Path) -> Published:
    lists = json.loads((folder / "methods.json").read_text())
    document = json.loads((folder / "definitions.json").read_text())
    named = _VERSION.search(document.get("title", ""))
    methods = lists["methods"]
    for name, answer in UNNAMED_ANSWERS.items():
        if name in methods:
            methods[name]["response"] = methods[name]["response"] or answer
    return Published(
        lists.get("version") or (named.group(1) if named else ""),
        methods,
        lists["notifications"],
        lists["serverRequests"],
        {name: plain(one) for name, one in document["definitions"].items()},
    )


def plain(schema: Any) -> Any:
    """A schema without the sentences in it; names that read like them stay."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _inner(key, value) for key, value in schema.items() if key not in PROSE}


def _inner(key: str, value: Any) -> Any:
    if key in AS_THEY_ARE:
        return value
    if key in NAMED:
        return {name: plain(one) for name, one in value.items()}
    return _REFERENCE.sub("#/definitions/", value) if key == "$ref" else plain(value)


def references(schema: Any) -> set[str]:
    """The definitions that a schema names."""
    return {value.rpartition("/")[2] for value in _pointers(schema)}


def _pointers(schema: Any) -> Iterator[str]:
    inner = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield schema["$ref"]
    if isinstance(schema, (dict, list)):
        for one in inner:
            yield from _pointers(one)
