"""Importing pydantic without what no program of ours asks it for: a tenth of a cold start.

Where pydantic is another than expected, or was imported before, everything stays as it is.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType

METADATA = "importlib.metadata"
LOADER = "pydantic.plugin._loader"
SCHEMAS = "pydantic_core.core_schema"
TYPED_DICTS = "typing" if sys.version_info >= (3, 12) else "typing_extensions"
"""Where the module of schemas has its `TypedDict` from."""


class _Undescribed:
    """In the place of `TypedDict`: a class that makes dictionaries and keeps no description."""

    def __init_subclass__(cls, *, total: bool = True) -> None:
        del total

    def __new__(cls, **keywords: object) -> dict[str, object]:  # type: ignore[misc]
        return keywords


def import_lean_pydantic() -> None:
    """Import the two parts of it that cost what they do for others."""
    with suppress(ImportError), _schemas_undescribed():
        import_module(SCHEMAS)
    with suppress(ImportError), _no_distributions():
        import_module(LOADER)


@contextmanager
def _schemas_undescribed() -> Iterator[None]:
    """Ninety dictionaries are described in the module of schemas, for type checkers alone."""
    import_module("typing_extensions")  # which keeps for ever what it finds in `typing`
    home = vars(import_module(TYPED_DICTS))
    described = home["TypedDict"]
    home["TypedDict"] = _Undescribed
    try:
        yield
    finally:
        home["TypedDict"] = described


@contextmanager
def _no_distributions() -> Iterator[None]:
    """What lies about in an environment has no say in what a message means: no plugin is found.

    Nor is the reader of metadata imported, which costs as much as looking.
    """
    if METADATA in sys.modules:
        yield
        return
    stand_in = ModuleType(METADATA)
    vars(stand_in)["entry_points"] = lambda **_: ()
    sys.modules[METADATA] = stand_in
    try:
        yield
    finally:
        del sys.modules[METADATA]
