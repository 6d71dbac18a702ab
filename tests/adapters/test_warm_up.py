"""What a host imports ahead is there under its name."""

from importlib.util import find_spec

from threadhost.adapters.app import WARM_UP_MODULES


def test_what_is_imported_ahead_exists() -> None:
    assert [name for name in WARM_UP_MODULES if find_spec(name) is None] == []
