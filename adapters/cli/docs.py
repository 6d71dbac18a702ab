"""`threadhost docs`: the pages of this version, for users who have only the program."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from threadhost.adapters.cli.output import USAGE, Failure, print_json, print_result, say
from threadhost.events.named_tuple import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the layers and pages: in a checkout and in an installation alike."""
FIRST = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
HEADING = re.compile(r"#{1,6} (.+)")
FENCE = "```"


class Section(NamedTuple):
    """A part of a page: from one heading to the next."""

    anchor: str
    title: str
    text: str


def pages() -> dict[str, Path]:
    """Each page by the name that commands use, those at the top first."""
    paths = sorted((ROOT / "docs").rglob("*.md"), key=lambda path: (len(path.parts), path))
    by_name = {_name(path, ROOT / "docs"): path for path in paths}
    return {_name(ROOT / name, ROOT): ROOT / name for name in FIRST} | by_name


def docs(*, page: str | None, folder: bool, json: bool) -> None:
    """Print the list of pages, a page or its end, the places of a word, or the pages' folder.

    Raises Failure.
    """
    if folder and page is not None:
        raise Failure(f"--folder and {page} cannot be given together; leave one out", USAGE)
    by_name = pages()
    if not (ROOT / "docs").is_dir():
        raise Failure(f"the documentation is missing in {ROOT}; install the whole package")
    if folder:
        print_result({"folder": str(ROOT)}, str(ROOT), json=json)
    elif page is None:
        _print_list({name: _title(path) for name, path in by_name.items()}, json=json)
    elif (path := _find_page(page, by_name)) is not None:
        text = _from_heading(page, path.read_text("utf-8"))
        print_result({"page": page, "path": str(path), "text": text}, text.rstrip(), json=json)
    elif places := _places_of(page, by_name):
        _print_list(places, json=json)
    else:
        remedy = _near(page.partition("#")[0], [*by_name]) or "`threadhost docs` lists them"
        kind = "page" if "#" in page else "page or word"
        raise Failure(f"no such {kind}: {page}; {remedy}", USAGE)


def _print_list(titles: dict[str, str], *, json: bool) -> None:
    if json:
        listed = [{"page": name, "title": title} for name, title in titles.items()]
        print_json({"folder": str(ROOT), "data": listed})
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        say(f"{name:<{width}}  {title}")


def _name(path: Path, folder: Path) -> str:
    name = str(path.relative_to(folder).with_suffix(""))
    return "docs" if name == "README" and folder != ROOT else name


def _find_page(page: str, by_name: dict[str, Path]) -> Path | None:
    """The page of a name, or of a link in another page."""
    name = page.partition("#")[0].removesuffix(".md")
    short = name.removeprefix("docs/")
    of_number = (key for key in by_name if key.startswith((f"{short}-", f"adr/{short}-")))
    return next((by_name[key] for key in (name, short, *of_number) if key in by_name), None)


def _from_heading(page: str, text: str) -> str:
    """The text from the heading on that a link names, or all of it. Raises Failure."""
    name, _, anchor = page.partition("#")
    if not anchor:
        return text
    sections = [*_sections(text)]
    anchors = [section.anchor for section in sections]
    if anchor not in anchors:
        remedy = _near(anchor, anchors) or f"`threadhost docs {name}` prints all of it"
        raise Failure(f"{name} has no heading {anchor}; {remedy}", USAGE)
    return "".join(section.text for section in sections[anchors.index(anchor) :])


def _places_of(word: str, by_name: dict[str, Path]) -> dict[str, str]:
    """The headings with a word, as links with their titles; without one, those of texts with it."""
    sections = {
        f"{name}#{section.anchor}" if number else name: section
        for name, path in by_name.items()
        for number, section in enumerate(_sections(path.read_text("utf-8")))
    }
    sought = word.lower()
    titles = {place: section.title for place, section in sections.items()}
    return {place: title for place, title in titles.items() if sought in title.lower()} or {
        place: titles[place] for place, part in sections.items() if sought in part.text.lower()
    }


def _sections(text: str) -> Iterator[Section]:
    """The sections of a page, with the anchors that links have."""
    lines, seen, is_code = text.splitlines(keepends=True), Counter[str](), False
    starts: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        is_code ^= line.startswith(FENCE)
        if not is_code and (heading := HEADING.fullmatch(line.rstrip())):
            starts.append((number, heading[1]))
    ends = [number for number, _ in starts[1:]] + [len(lines)]
    for (start, title), end in zip(starts, ends, strict=True):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        suffix = f"-{seen[anchor]}" if seen[anchor] else ""
        seen[anchor] += 1
        yield Section(anchor + suffix, title, "".join(lines[start:end]))


def _near(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name.removeprefix("docs/"), names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else ""


def _title(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0].lstrip("# ")
