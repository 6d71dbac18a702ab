"""Words that are planted in every input, and the places where each may not be found."""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

NAMES = (
    *("name", "input", "cwd", "base instructions", "developer instructions", "config"),
    *("model output", "model error", "api key", "idempotency key", "request id", "client name"),
    *("client title", "broken JSON", "method", "thread id", "search term", "cursor"),
    *("output schema", "image path", "wrong value", "user message id", "metadata", "large input"),
    *("model name", "thread source", "client version", "long client name"),
    *("failure code", "injected", "git branch", "git sha", "git origin", "queued input"),
    *("steered input", "tool name", "tool description", "tool arguments", "tool output"),
    *(
        "tool error",
        "question",
        "user answer",
        "memory fork input",
        "response id",
        "request header",
    ),
    *("turn id", "submission id", "environment"),
)
QUOTED_BACK = frozenset(
    (
        *("method", "thread id", "cursor", "wrong value", "idempotency key", "model error"),
        *("turn id", "submission id", "environment"),
    )
)
"""What an error says again to who sent it, and to nobody else; a turn's error is the model's."""
RECORDED = frozenset(
    {
        *("name", "input", "cwd", "base instructions", "developer instructions", "large input"),
        *("model output", "model error", "user message id", "model name", "thread source"),
        *("client name", "injected", "git branch", "git sha", "git origin", "queued input"),
        *("steered input", "tool name", "tool arguments", "tool output", "tool description"),
        *("question", "user answer", "response id"),
    }
)
"""What has to be in the log, sealed or not, or else the run looked for what was never there."""
VIEWS = {
    "name": {"thread_texts.name", "thread_texts.name_folded"},
    "input": {"thread_texts.preview", "thread_texts.preview_folded"},
    "cwd": {"thread_texts.cwd"},
    "model name": {"thread_texts.model"},
    "client name": {"thread_texts.originator"},
    "thread source": {"thread_texts.thread_source"},
    "git branch": {"thread_texts.git_branch"},
    "git sha": {"thread_texts.git_sha"},
    "git origin": {"thread_texts.git_origin_url"},
}
"""Where the views hold text of a user in the clear, so that lists can show and find it."""
AUDIT = {
    "client name": {"names.name", "event_rows.payload"},
    "client version": {"event_rows.payload"},
}
"""What the log says for ever: which program asked for a change, and of which version it was."""


@dataclass
class Canaries:
    """One word for each input."""

    words: dict[str, str]

    @classmethod
    def of(cls, random: Random) -> "Canaries":
        """New words."""
        return cls({name: f"canary{random.getrandbits(80):020x}" for name in NAMES})

    def __getitem__(self, name: str) -> str:
        return self.words[name]

    def found_in(self, data: bytes) -> list[str]:
        """Which of them are in there, however they are written."""
        return [name for name, word in self.words.items() if any(w in data for w in _written(word))]


def _written(word: str) -> Iterable[bytes]:
    plain = word.encode()
    return plain, plain.hex().encode(), word.encode("utf-16-le")


class Listening(logging.Handler):
    """Everything the host logs, down to the smallest, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("websockets."):  # the test's own client
            self.lines.append(self.format(record))

    @property
    def said(self) -> bytes:
        """All of it."""
        return "\n".join(self.lines).encode("utf-8", "replace")


def in_files(canaries: Canaries, home: Path) -> dict[str, list[str]]:
    """Which are in which files of the home, by their bytes; unused pages and rest included."""
    found: dict[str, list[str]] = {}
    for path in sorted(home.rglob("*")):
        if path.is_file():
            for name in canaries.found_in(path.read_bytes() + str(path).encode()):
                found.setdefault(name, []).append(path.name)
    return found


def in_columns(canaries: Canaries, database: Path) -> dict[str, set[str]]:
    """Which are in which columns of the database, as `table.column`."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                for column, value in zip(columns, row, strict=True):
                    data = value if isinstance(value, bytes) else str(value).encode()
                    for name in canaries.found_in(data):
                        found.setdefault(name, set()).add(f"{table}.{column}")
    return found
