"""Keeping pydantic from looking for plugins among all distributions there are."""

import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType

METADATA = "importlib.metadata"
LOADER = "pydantic.plugin._loader"


def look_for_no_plugins() -> None:
    """Let pydantic's loader find none, without the reader of metadata: a twentieth of a cold start.

    What lies about in an environment has no say in what a message means either. Where the loader
    is another than expected, everything stays as it was.
    """
    if METADATA in sys.modules:
        return
    stand_in = ModuleType(METADATA)
    vars(stand_in)["entry_points"] = lambda **_: ()
    sys.modules[METADATA] = stand_in
    try:
        with suppress(ImportError):
            import_module(LOADER)
    finally:
        del sys.modules[METADATA]
