"""Records the commit in what is built, and adds the documents; pyproject.toml has all else."""

import shutil
import subprocess
from itertools import chain
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
NOTE = "adapters/COMMIT"
LINKS = ".typecheck"
DOCUMENTS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "benchmarks/*.svg")
"""Installed beside the layers, where the links among them lead as in a checkout."""


def commit() -> str:
    """Return the commit of this checkout or source archive; empty if it is unknown."""
    if (HERE / ".git").exists():
        asked = ["git", "-C", str(HERE), "rev-parse", "HEAD"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip()
    note = HERE / NOTE
    return note.read_text().strip() if note.exists() else ""


def record_commit(place: Path) -> None:
    """Write the commit into a file, if it is known."""
    if known := commit():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{known}\n")


def copy_documents(to: Path) -> None:
    """Copy the pages that `threadhost docs` shows, with their pictures."""
    for page in chain.from_iterable(map(HERE.glob, DOCUMENTS)):
        copy = to / page.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)


class BuildPy(build_py):
    """Builds a wheel."""

    def run(self) -> None:
        """Build; an editable installation reads commit and documents in the checkout."""
        super().run()
        if not self.editable_mode:
            record_commit(Path(self.build_lib, "threadhost", NOTE))
            copy_documents(Path(self.build_lib, "threadhost"))


class Sdist(sdist):
    """Builds a source archive."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Gather the files and record the commit; symbolic links stay links."""
        super().make_release_tree(base_dir, files)
        record_commit(Path(base_dir, NOTE))
        shutil.copytree(HERE / LINKS, Path(base_dir, LINKS), symlinks=True)


setup(cmdclass={"build_py": BuildPy, "sdist": Sdist})
