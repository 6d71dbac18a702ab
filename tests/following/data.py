"""What the tests know of the reference, in `tests/data`: its shapes, and sessions as facts.

Made from a folder that holds its published schema and what was recorded with it: `make data`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.following import sessions
from tests.following.published import Published, read
from threadhost.adapters.version import PROTOCOL_VERSION

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SCHEMA = DATA / "schema"
SESSIONS = DATA / "sessions"
BESIDE = ROOT.parent / "shared"
"""Where maintainers have that folder; whoever only cloned has not, and needs it for nothing."""


def made_from(shared: Path) -> dict[str, str]:
    """Every file of `tests/data` with its text, by its path in there.

    Raises FileNotFoundError where the folder has not the version of the protocol that is followed.
    """
    protocol = shared / "protocol"
    named = protocol / f"schema-{PROTOCOL_VERSION}"
    published = read(named if named.is_dir() else protocol / "schema")
    if published.version != PROTOCOL_VERSION:
        fault = f"{protocol} holds version {published.version or '?'}"
        raise FileNotFoundError(f"{fault}, and adapters/version.py names {PROTOCOL_VERSION}")
    folders = protocol / "transcripts", protocol / "transcripts-agents"
    recorded = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    if not recorded:
        raise FileNotFoundError(f"{protocol / 'transcripts'} holds no recorded sessions")
    return {**schema_files(published), **{_name(path): _facts(path) for path in recorded}}


def schema_files(published: Published) -> dict[str, str]:
    """The shapes, a line for each name, so that a change of one is one line."""
    lists = {
        "version": published.version,
        "methods": published.methods,
        "notifications": published.notifications,
        "serverRequests": published.requests,
    }
    return {
        "schema/methods.json": _in_lines(lists),
        "schema/definitions.json": _in_lines({"definitions": published.definitions}),
    }


def _name(path: Path) -> str:
    return f"{SESSIONS.name}/{path.stem}.jsonl"


def _facts(path: Path) -> str:
    return sessions.facts(json.loads(path.read_text()))


def _in_lines(document: Mapping[str, Any]) -> str:
    members = (f"{json.dumps(name)}: {_block(value)}" for name, value in document.items())
    return "{\n" + ",\n".join(members) + "\n}\n"


def _block(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    rows = (
        f"  {json.dumps(name)}: {json.dumps(value[name], sort_keys=True, separators=(',', ':'))}"
        for name in sorted(value)
    )
    return "{\n" + ",\n".join(rows) + "\n}"


def kept() -> dict[str, str]:
    """Every file that there is, with its text."""
    paths = (path for path in sorted(DATA.rglob("*")) if path.is_file())
    return {str(path.relative_to(DATA)): path.read_text() for path in paths}


def write(files: Mapping[str, str]) -> None:
    """Put these files in the place of those that there are."""
    for name in kept().keys() - files.keys():
        (DATA / name).unlink()
    for name, text in files.items():
        (DATA / name).parent.mkdir(parents=True, exist_ok=True)
        (DATA / name).write_text(text)


def main() -> None:
    """Write it anew from the folder that is named, or from the one beside the checkout."""
    shared = Path(sys.argv[1]) if sys.argv[1:] else BESIDE
    try:
        files = made_from(shared)
    except FileNotFoundError as error:
        sys.exit(f"nothing is written: {error}")
    write(files)
    sys.stdout.write(f"{len(files)} files are written into {DATA.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
