"""The commit of the running code: the one that it was built from, or is checked out at."""

import re
from pathlib import Path

UNKNOWN = "unknown"
NOTE = "COMMIT"
"""The file beside this one into which a build writes its commit."""
ROOT = Path(__file__).resolve().parents[1]
_COMMIT = r"[0-9a-f]{40,64}"


def commit(root: Path = ROOT) -> str:
    """The commit, as 40 hex digits or more; `unknown` if nothing names it.

    A checkout may have uncommitted changes: `events/sources.py` reports changes of the rules.
    """
    for look in (_from_note, _from_git):
        try:
            text = look(root)
        except (OSError, ValueError):
            continue
        if re.fullmatch(_COMMIT, text):
            return text
    return UNKNOWN


def _from_note(root: Path) -> str:
    return (root / "adapters" / NOTE).read_text(encoding="ascii", errors="replace").strip()


def _from_git(root: Path) -> str:
    """The checked-out commit, read from git's files: running git would take longer than a start."""
    git = root / ".git"
    if git.is_file():  # a linked working tree
        git = root / git.read_text().removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return head
    name = head.removeprefix("ref:").strip()
    shared = git / "commondir"
    common = git / shared.read_text().strip() if shared.exists() else git
    loose = common / name
    return loose.read_text().strip() if loose.exists() else _packed_ref(common, name)


def _packed_ref(git: Path, name: str) -> str:
    lines = (git / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
