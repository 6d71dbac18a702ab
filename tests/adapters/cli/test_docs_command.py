"""`threadhost docs`: pages, headings that a link names, and the search for a word."""

import json
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.program import run_here
from threadhost.adapters.cli import docs

PAGES = {
    "README.md": "# The host\nSee [here](docs/owls.md#to-feed).\n",
    "docs/README.md": "# Pages\n",
    "docs/owls.md": (
        "# Owls\nThey fly.\n\n## To feed\n```console\n# not a `heading`\n$ feed\n```\n\n"
        "### An `owl`, at night\nMice.\n\n## To feed\nAgain.\n"
    ),
    "docs/adr/0001-mice.md": "# 0001 Mice\n## Decision\nEaten.\n",
}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a few pages in place of the real ones."""
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "FIRST", ("README.md",))
    for name, text in PAGES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@each(
    "page,first_line,last_line",
    [
        ("owls", "# Owls", "Again."),
        ("docs/owls.md", "# Owls", "Again."),
        ("owls#", "# Owls", "Again."),
        ("owls#to-feed", "## To feed", "Again."),
        ("docs/owls.md#an-owl-at-night", "### An `owl`, at night", "Again."),
        ("owls#to-feed-1", "## To feed", "Again."),
        ("adr/0001#decision", "## Decision", "Eaten."),
    ],
)
def test_a_page_is_printed_from_the_heading_on_that_a_link_names(
    page: str, first_line: str, last_line: str
) -> None:
    done = run_here("docs", page)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0], lines[-1]) == (0, first_line, last_line), done.stderr
    assert json.loads(run_here("docs", page, "--json").stdout)["text"].rstrip() == "\n".join(lines)
    assert ("Mice." in lines) == (page != "owls#to-feed-1" and "owls" in page)


@each(
    "word,places",
    [
        ("feed", {"owls#to-feed": "To feed", "owls#to-feed-1": "To feed"}),
        ("OWL", {"owls": "Owls", "owls#an-owl-at-night": "An `owl`, at night"}),
        ("0001 m", {"adr/0001-mice": "0001 Mice"}),
        ("eaten", {"adr/0001-mice#decision": "Decision"}),
        ("not a", {"owls#to-feed": "To feed"}),
    ],
)
def test_a_search_word_that_is_no_page_lists_the_pages_and_headings_that_contain_the_word(
    word: str, places: dict[str, str]
) -> None:
    done = run_here("docs", word, "--json")
    listed = {row["page"]: row["title"] for row in json.loads(done.stdout)["data"]}
    assert (done.returncode, listed) == (0, places)
    assert [line.split("  ")[0].strip() for line in run_here("docs", word).stdout.splitlines()] == [
        *places
    ]


@each(
    "page,words",
    [
        ("owls#to-fed", "owls has no heading to-fed; did you mean to-feed?"),
        ("owls#x", "owls has no heading x; `threadhost docs owls` prints all of it"),
        ("olws", "no such page or word: olws; did you mean owls?"),
        ("owl#to-feed", "no such page: owl#to-feed; did you mean owls?"),
        ("xyzzy", "no such page or word: xyzzy; `threadhost docs` lists them"),
    ],
)
def test_an_unknown_page_or_heading_is_refused_with_similar_names(page: str, words: str) -> None:
    done = run_here("docs", page)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"threadhost: {words}\n")
