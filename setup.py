"""Builds write down which commit they are of; all else is said in pyproject.toml."""

import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
NOTE = "adapters/COMMIT"
LINKS = ".typecheck"
DOCUMENTS = ("*.md", "docs/**/*.md", "benchmarks/*.md")
"""Installed beside the layers, where the links among them lead as in a checkout."""


def commit() -> str:
    """What git has checked out here, or what an archive brought along."""
    if (HERE / ".git").exists():
        asked = ["git", "-C", str(HERE), "rev-parse", "HEAD"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip()
    note = HERE / NOTE
    return note.read_text().strip() if note.exists() else ""


def write(place: Path) -> None:
    """Write it down, if it is known."""
    if found := commit():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{found}\n")


def copy_documents(to: Path) -> None:
    """What `threadhost docs` shows."""
    for page in (found for form in DOCUMENTS for found in HERE.glob(form)):
        copy = to / page.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)


class BuildPy(build_py):
    """A wheel."""

    def run(self) -> None:
        """Build, and write it down; an editable installation looks at the checkout itself."""
        super().run()
        if not self.editable_mode:
            write(Path(self.build_lib, "threadhost", NOTE))
            copy_documents(Path(self.build_lib, "threadhost"))


class Sdist(sdist):
    """An archive of the sources."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Gather the files, and write it down beside them; links stay links."""
        super().make_release_tree(base_dir, files)
        write(Path(base_dir, NOTE))
        shutil.copytree(HERE / LINKS, Path(base_dir, LINKS), symlinks=True)


setup(cmdclass={"build_py": BuildPy, "sdist": Sdist})
