"""Pages of the documents as what a reader does with them: their blocks, in order."""

import re
from collections.abc import Iterator
from pathlib import Path

from threadhost.events.named_tuple import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.\w+)\n")
PROMPT = "$ "
OF_OTHERS = {
    "make": "is for a checkout; that each target exists is a test of its own",
    "codex": "is the reference's own program",
    "pip": "asks a package index",
    ".example": "is where nobody is",
}
"""What in a line keeps it from being carried out, and why."""
SHOWN_ALONE = {
    "Python": "a program for what a reader may not have, which another test plays",
    "TOML": "a table of a larger file, which another test reads",
    "toml": "the same, unless its first line names a file",
    "text": "words of no program",
    "mermaid": "a picture",
    "echo": "scripts, which the tests of models play",
    "ini": "a unit of systemd",
    "ts": "a program of another language",
}
"""What is no program and no file, and why."""
RUN = frozenset(("console", "sh", "python", "wire", "output"))


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    text: str
    line: int
    """Of the page, of the first fence."""

    @property
    def file(self) -> str | None:
        """The name that its first line gives it, if it is a file."""
        named = NAMED.match(self.text)
        return named[1] if named else None


class Typed(NamedTuple):
    """A line that a reader types, and what the page says comes of it."""

    words: str
    shown: tuple[str, ...]

    @property
    def is_of_others(self) -> bool:
        """Whether it is carried out by what the program does not bring along."""
        first = self.words.split()[0]
        return first in OF_OTHERS or any(name in self.words for name in OF_OTHERS if name[0] == ".")


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, from its beginning to its end."""
    for found in FENCED.finditer(page):
        indent, language, text = found.groups()
        line = page.count("\n", 0, found.start()) + 1
        yield Block(language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE), line)


def typed(block: str) -> Iterator[Typed]:
    """The lines of a terminal, continued ones joined, each with what it shows."""
    words, shown = "", list[str]()
    for line in re.sub(r" *\\\n *", " ", block).splitlines():
        if not line.startswith(PROMPT):
            shown.append(line)
            continue
        if words:
            yield Typed(words, tuple(shown))
        words, shown = line.removeprefix(PROMPT), []
    yield Typed(words, tuple(shown))


def fits(shown: str, said: str) -> bool:
    """Whether something was said as it is shown, where `…` stands for anything on its line."""
    lines = (
        "(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n"
        for line in shown.splitlines()
    )
    return re.fullmatch("".join(lines), said and said.rstrip("\n") + "\n") is not None


def with_programs(folder: Path) -> list[str]:
    """The pages of a folder on which there is something to carry out, README first."""
    found = [folder / "README.md", *sorted((folder / "docs").rglob("*.md"))]
    return [
        str(path.relative_to(folder))
        for path in found
        if any(block.language in RUN for block in blocks(path.read_text()))
    ]
