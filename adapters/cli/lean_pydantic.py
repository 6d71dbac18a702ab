"""Imports pydantic without parts that this program never uses: a tenth of a cold start.

If pydantic has another structure than expected, or was imported before, nothing changes.
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
"""The module from which pydantic's schemas import `TypedDict`."""


class _Undescribed:
    """Replaces `TypedDict`: a class that makes dictionaries and keeps no annotations."""

    def __init_subclass__(cls, *, total: bool = True) -> None:
        del total

    def __new__(cls, **keywords: object) -> dict[str, object]:  # type: ignore[misc]
        return keywords


def import_lean_pydantic() -> None:
    """Import the two parts of pydantic that have costs only others benefit from."""
    with suppress(ImportError), _schemas_undescribed():
        import_module(SCHEMAS)
    with suppress(ImportError), _no_distributions():
        import_module(LOADER)


@contextmanager
def _schemas_undescribed() -> Iterator[None]:
    """The module of schemas annotates ninety dictionaries, which only type checkers read."""
    import_module("typing_extensions")  # which keeps a reference to what it finds in `typing`
    home = vars(import_module(TYPED_DICTS))
    described = home["TypedDict"]
    home["TypedDict"] = _Undescribed
    try:
        yield
    finally:
        home["TypedDict"] = described


@contextmanager
def _no_distributions() -> Iterator[None]:
    """Find no plugins: packages in the environment must not affect what a message means.

    The reader of metadata is not imported either, which costs as much as the search.
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
