"""A home with some history, made once, and a copy of it for each test to edit."""

from pathlib import Path

import pytest

from tests.support.edited_home import EditedHome, grown


@pytest.fixture(scope="session")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown") / "template")


@pytest.fixture
def edited(used_home: EditedHome, tmp_path: Path) -> EditedHome:
    return used_home.copied(tmp_path / "copy")
