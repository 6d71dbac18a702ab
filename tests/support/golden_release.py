"""What a release wrote is frozen once the changelog says that it is out: its checksums are kept."""

import re
from hashlib import sha256
from pathlib import Path

from tests.support.golden import GOLDEN

CHANGELOG = GOLDEN.parent.parent / "CHANGELOG.md"
HEADING = re.compile(r"^## \[(\d+\.\d+)\.\d+\] - \d{4}-\d\d-\d\d$", re.MULTILINE)


def released(changelog: Path = CHANGELOG) -> list[str]:
    """The releases that are out, as their golden files are named: `0.1` of any 0.1.N."""
    return sorted(set(HEADING.findall(changelog.read_text())))


def checksums(release: str, golden: Path = GOLDEN) -> str:
    """The SHA-256 of each golden file of a release, in lines that `sha256sum --check` takes."""
    files = [path for form in ("events", "homes") for path in golden.glob(f"{form}/{release}.*")]
    return "".join(
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(golden).as_posix()}\n"
        for path in sorted(files)
    )


def is_frozen(release: str, golden: Path = GOLDEN) -> bool:
    """Whether its checksums are kept, so that nothing of it may change any more."""
    return _kept(release, golden).exists()


def freeze(release: str, golden: Path = GOLDEN) -> None:
    """Keep its checksums."""
    _kept(release, golden).write_text(checksums(release, golden))


def changed(release: str, golden: Path = GOLDEN) -> list[str]:
    """What differs from the checksums that were kept; all of it where none were."""
    kept = _kept(release, golden).read_text() if is_frozen(release, golden) else ""
    return sorted({*kept.splitlines()} ^ {*checksums(release, golden).splitlines()})


def _kept(release: str, golden: Path) -> Path:
    return golden / f"{release}.sha256"
