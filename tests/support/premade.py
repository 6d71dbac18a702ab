"""The files of a new home, made once and copied: making fifty tables is a third of a short test."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from threadhost.events.store.files import PRIVATE_FILE
from threadhost.events.store.home import prepare_home
from threadhost.events.store.sqlite.opening import open_home
from threadhost.projections import all_views


def fill(home: Path) -> Path:
    """Make a folder the home of a log that is empty; that of any other that was filled."""
    prepare_home(home)
    for name, content in _files().items():
        file = home / name
        file.touch(PRIVATE_FILE)
        file.write_bytes(content)
    return home


@cache
def _files() -> Mapping[str, bytes]:
    with TemporaryDirectory() as folder:
        home = prepare_home(Path(folder) / "home")
        opened = open_home(home, None, lost_keys=False)
        with opened.engine.transaction() as tx:
            all_views().create(tx)
        opened.close()
        return {file.name: file.read_bytes() for file in home.iterdir()}
