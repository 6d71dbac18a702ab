"""`threadhost docs`: the pages of this version, for users who have only the program."""

from difflib import get_close_matches
from pathlib import Path

from threadhost.adapters.cli.output import USAGE, Failure, print_json, print_result, say

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the layers and pages: in a checkout and in an installation alike."""
FIRST = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


def pages() -> dict[str, Path]:
    """Each page by the name that commands use, those at the top first."""
    paths = sorted((ROOT / "docs").rglob("*.md"), key=lambda path: (len(path.parts), path))
    by_name = {_name(path, ROOT / "docs"): path for path in paths}
    return {_name(ROOT / name, ROOT): ROOT / name for name in FIRST} | by_name


def docs(*, page: str | None, folder: bool, json: bool) -> None:
    """Print the list of pages, or one page, or their folder. Raises Failure."""
    if folder and page is not None:
        raise Failure(f"--folder and {page} cannot be given together; leave one out", USAGE)
    by_name = pages()
    if not (ROOT / "docs").is_dir():
        raise Failure(f"the documentation is missing in {ROOT}; install the whole package")
    if folder:
        print_result({"folder": str(ROOT)}, str(ROOT), json=json)
    elif page is not None:
        path = _find_page(page, by_name)
        text = path.read_text("utf-8")
        print_result({"page": page, "path": str(path), "text": text}, text.rstrip(), json=json)
    elif json:
        listed = [{"page": name, "title": _title(path)} for name, path in by_name.items()]
        print_json({"folder": str(ROOT), "data": listed})
    else:
        width = max(map(len, by_name))
        for name, path in by_name.items():
            say(f"{name:<{width}}  {_title(path)}")


def _name(path: Path, folder: Path) -> str:
    name = str(path.relative_to(folder).with_suffix(""))
    return "docs" if name == "README" and folder != ROOT else name


def _find_page(page: str, by_name: dict[str, Path]) -> Path:
    """The page of a name, or of a link in another page. Raises Failure."""
    name = page.partition("#")[0].removesuffix(".md")
    short = name.removeprefix("docs/")
    of_number = (key for key in by_name if key.startswith((f"{short}-", f"adr/{short}-")))
    for candidate in (name, short, *of_number):
        if candidate in by_name:
            return by_name[candidate]
    near = get_close_matches(short, by_name, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]}?" if near else "`threadhost docs` lists them"
    raise Failure(f"no such page: {page}; {remedy}", USAGE)


def _title(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0].lstrip("# ")
