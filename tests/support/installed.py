"""The program as users have it: a wheel of the unpacked archive, with what it requires alone."""

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement

from threadhost.events.named_tuple import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(
    *(".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".threadhost"),
    *(".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache"),
)
EXTRAS = ("mcp", "parquet")


class Installed(NamedTuple):
    """An archive and a wheel that were built, and the wheel installed by itself."""

    archive: Path
    wheel: Path
    venv: Path

    @property
    def programs(self) -> Path:
        """The folder of its programs, python among them."""
        return self.venv / "bin"

    @property
    def packages(self) -> Path:
        """Where it lies with what it requires."""
        [found] = self.venv.glob("lib/python*/site-packages")
        return found

    def unpack(self, to: Path) -> Path:
        """The folder of the archive's files."""
        with tarfile.open(self.archive) as archive:
            archive.extractall(to, filter="data")
        [found] = to.iterdir()
        return found


def built(folder: Path) -> Installed:
    """Build and install below a folder, once, whoever else asks for it at the same time."""
    with _alone(folder):
        done = folder / "done"
        if not done.exists():
            _build(folder)
            done.touch()
    [archive], [wheel] = (list((folder / "dist").glob(f"*{end}")) for end in (".tar.gz", ".whl"))
    return Installed(archive, wheel, folder / "venv")


def _build(folder: Path) -> None:
    source = folder / "source"
    shutil.copytree(ROOT, source, symlinks=True, ignore=LEFT_BEHIND)
    _python("-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(source))
    [wheel] = (folder / "dist").glob("*.whl")
    venv = folder / "venv"
    _python("-m", "venv", "--without-pip", str(venv))
    into = ("--python", str(venv / "bin" / "python"), "--disable-pip-version-check")
    _python("-m", "pip", *into, "install", "--no-deps", "--no-index", str(wheel))
    [packages] = venv.glob("lib/python*/site-packages")
    for place in _required(wheel):
        link = packages / place.name
        if not link.exists():
            link.symlink_to(place)


def _required(wheel: Path) -> Iterator[Path]:
    """All that has to lie beside the wheel's package, as it lies beside the one under test."""
    with ZipFile(wheel) as opened:
        [name] = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        lines = opened.read(name).decode().splitlines()
    wanted = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    for found in _closure(wanted):
        tops = {file.parts[0] for file in found.files or () if ".." not in file.parts}
        for top in sorted(tops - {"__pycache__"}):
            yield Path(str(found.locate_file(top)))


def _closure(wanted: Sequence[str], extras: Sequence[str] = EXTRAS) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(one), tuple(extras)) for one in wanted]
    while waiting:
        one, of_extras = waiting.pop()
        markers = [{"extra": extra} for extra in ("", *of_extras)]
        applies = one.marker is None or any(map(one.marker.evaluate, markers))
        if not applies or one.name.lower() in found:
            continue
        try:
            found[one.name.lower()] = distribution(one.name)
        except PackageNotFoundError:
            continue  # it is left out of the lock for this machine, too
        more = found[one.name.lower()].requires or ()
        waiting += [(Requirement(text), tuple(one.extras)) for text in more]
    return list(found.values())


def _python(*words: str) -> None:
    """Run a module; bytecode is written, without which every start is slow."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def with_the_tools_of_tests(installed: Installed, folder: Path) -> Path:
    """The python of another environment: the wheel, and all that tests need beside it."""
    _python("-m", "venv", "--without-pip", str(folder))
    [packages] = folder.glob("lib/python*/site-packages")
    # Of a path in such a file no further such files are read: the checkout stays out.
    paths = (str(installed.packages), sysconfig.get_path("purelib"))
    (packages / "tests.pth").write_text("\n".join(paths) + "\n")
    return folder / "bin" / "python"
