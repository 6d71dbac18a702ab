"""What is in the wheel and in the archive of the sources: documents whose links lead, and tests."""

import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.installed import ROOT, Installed, with_the_tools_of_tests
from threadhost.adapters.cli.docs import pages

pytestmark = [pytest.mark.slices, pytest.mark.timeout(240)]

LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s#]+)")
RUN_THERE = ("tests/test_reference.py", "tests/docs", "tests/adapters/test_inprocess.py")
LEFT_OUT = "not slices and not slow and not crash and not clients and not house"


def said(installed: Installed, *words: str) -> str:
    """What a program of the installation prints."""
    program, *rest = words
    done = subprocess.run(
        [installed.programs / program, *rest],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_link_of_a_page_in_the_wheel_leads_to_something_in_it(installed: Installed) -> None:
    folder = installed.packages / "threadhost"
    found = sorted(folder.rglob("*.md"))
    links = [(page, link) for page in found for link in LINK.findall(page.read_text())]
    inner = [(page, link) for page, link in links if "://" not in link and ":" not in link]
    assert len(found) >= len(pages())
    assert len(inner) > 100
    nowhere = [f"{page.name}: {link}" for page, link in inner if not (page.parent / link).exists()]
    assert nowhere == []


def test_the_installed_program_shows_the_pages_of_the_checkout(installed: Installed) -> None:
    listed = said(installed, "threadhost", "docs")
    assert [line.split()[0] for line in listed.splitlines()] == list(pages())
    jobs = said(installed, "threadhost", "docs", "jobs")
    assert jobs.rstrip() == (ROOT / "docs" / "jobs.md").read_text().rstrip()
    folder = Path(said(installed, "threadhost", "docs", "--folder").strip())
    assert folder == installed.packages / "threadhost"


def test_the_package_has_a_version_and_runs_as_a_module(installed: Installed) -> None:
    version = said(installed, "python", "-c", "import threadhost; print(threadhost.__version__)")
    first = said(installed, "python", "-m", "threadhost", "--version")
    assert first.startswith(f"threadhost {version.strip()}")
    assert first == said(installed, "threadhost", "--version")


def test_the_archive_holds_every_file_that_is_kept(installed: Installed) -> None:
    asked = ["git", "ls-files", "-z"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    kept = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    with tarfile.open(installed.archive) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert kept - inside == set()


def test_tests_run_in_the_unpacked_archive_against_what_is_installed(
    installed: Installed, tmp_path: Path
) -> None:
    source = installed.unpack(tmp_path / "unpacked")
    python = with_the_tools_of_tests(installed, tmp_path / "venv")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-n", "1", "-m", LEFT_OUT, *RUN_THERE],
        capture_output=True,
        text=True,
        check=False,
        cwd=source,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
