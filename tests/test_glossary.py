"""The glossary holds: what it names is where it says, and is called so there."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

from tests.support.each import each

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
ROW = re.compile(r"^\| (?P<word>[^|]+) \| (?P<meaning>[^|]+) \| (?P<where>[^|]+) \|$", re.MULTILINE)
PLACE = re.compile(r"\[(?P<file>[\w/.]+)\]\(\.\./(?P=file)\) `(?P<name>[\w.]+)`")
HEAD = ("word", "---")
ROWS = [row for row in ROW.finditer(GLOSSARY.read_text()) if row["word"] not in HEAD]


class Term(NamedTuple):
    """A word of the glossary, and where it says that the thing is."""

    word: str
    file: str
    name: str

    @property
    def text(self) -> str:
        """What is written there."""
        return (ROOT / self.file).read_text()


def term(row: re.Match[str]) -> Term:
    """The term of a row, which names one place."""
    place = PLACE.fullmatch(row["where"])
    assert place, row["where"]
    return Term(row["word"], place["file"], place["name"])


def defined(tree: ast.AST, prefix: str = "") -> set[str]:
    """The names of classes, functions and values, those inside classes with the class ahead."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            found |= defined(node, f"{node.name}.")
        if isinstance(node, ast.Assign):
            found |= {prefix + name.id for name in node.targets if isinstance(name, ast.Name)}
    return found


def plain(text: str) -> str:
    """Words as they are spoken: `KeyRing`, `key_ring` and `key-ring` are the same two."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.sub(r"[\s_-]+", " ", parted).lower()


@each("row", ROWS, ids=lambda row: row["word"])
def test_each_term_of_the_glossary_names_a_place_that_defines_and_uses_it(
    row: re.Match[str],
) -> None:
    word = term(row)
    assert word.name in defined(ast.parse(word.text))
    assert plain(word.word) in plain(word.text)


def test_the_glossary_has_each_term_once_and_one_sentence_for_it() -> None:
    words = [row["word"] for row in ROWS]
    assert len(words) == len(set(words))
    assert [row["word"] for row in ROWS if not row["meaning"].endswith((".", ".)"))] == []
