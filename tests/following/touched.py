"""Which of our files have to do with a part of the protocol: those that name it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from tests.following.changes import Change
from tests.following.published import ROLES, Published, references

FOLDERS = ("adapters", "actors", "events", "projections", "tests", "docs")
GENERATED = ("tests/data", "tests/golden", "tests/following", "docs/reference")
MODELS = "adapters/jsonrpc/models/"
GENERATED_FILES = ("docs/compatibility.md",)
QUOTE = "[\"'`]"
CALLS = ("method", "notification", "request")
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def sources(root: Path) -> dict[str, str]:
    """What people write here, by its path."""
    paths = (path for name in FOLDERS for path in sorted((root / name).rglob("*")))
    found = {
        path.relative_to(root).as_posix(): path for path in paths if path.suffix in (".py", ".md")
    }
    return {
        name: path.read_text()
        for name, path in found.items()
        if not name.startswith(GENERATED) and name not in GENERATED_FILES
    }


class Touched:
    """Looks names up in our files; what they do not name, by what it belongs to."""

    def __init__(self, files: Mapping[str, str], *versions: Published) -> None:
        self._files = files
        self._versions = versions

    def by(self, change: Change) -> tuple[str, list[str]]:
        """Our files, and the name that they were found by if it is another than the change's."""
        name = change.place[0]
        if change.kind in CALLS:
            return self._of_call(name)
        for owner in self._owners(name):
            if found := self._naming(owner):
                return ("", self._narrowed(found, change)) if owner == name else (owner, found)
        return "", []

    def _of_call(self, name: str) -> tuple[str, list[str]]:
        parts = name.split("/")
        for length in range(len(parts), 0, -1):
            known = "/".join(parts[:length])
            if found := self._matching(_quoted(known, whole=length == len(parts))):
                return ("" if known == name else f"{known}/...", found)
        return "", []

    def _naming(self, owner: str) -> list[str]:
        return self._matching(_quoted(owner) if "/" in owner else rf"\b{re.escape(owner)}\b")

    def _narrowed(self, files: list[str], change: Change) -> list[str]:
        """Of the files that name a type, those that name this part of it, if there are any.

        A variant may be a model in a file that does not name the union.
        """
        for step in change.place[1:]:
            word = step.strip(".<>[]{}= ")
            if step.startswith("<"):
                models = (name for name in self._files if name.startswith(MODELS))
                found, among = self._matching(_quoted(word)), {*files, *models}
            else:
                snake = _CAPITAL.sub(lambda hit: f"_{hit[1].lower()}", word)
                found = self._matching(rf"\b(?:{re.escape(word)}|{re.escape(snake)})\b")
                among = set(files)
            files = [name for name in found if word and name in among] or files
        return files

    def _owners(self, name: str) -> Iterator[str]:
        """The type, then what is made of it, then what is made of that, methods last."""
        seen, waiting = {name}, [name]
        for owner in waiting:
            yield owner
            made = sorted(self._users.get(owner, set()) - seen)
            seen.update(made)
            waiting += made

    @cached_property
    def _users(self) -> dict[str, set[str]]:
        users: dict[str, set[str]] = {}
        for version in self._versions:
            for user, used in _uses(version):
                for one in used:
                    users.setdefault(one, set()).add(user)
        return users

    def _matching(self, pattern: str) -> list[str]:
        sought = re.compile(pattern)
        return [name for name, text in self._files.items() if sought.search(text)]


def _uses(version: Published) -> Iterator[tuple[str, Iterable[str]]]:
    for name, schema in version.definitions.items():
        yield name, references(schema)
    for name, roles in {**version.methods, **version.requests}.items():
        yield name, [roles[role] for role in ROLES if roles[role]]
    for name, params in version.notifications.items():
        yield name, [params]


def _quoted(name: str, *, whole: bool = True) -> str:
    end = QUOTE if whole else "/"
    return f"{QUOTE}{re.escape(name)}{end}"
