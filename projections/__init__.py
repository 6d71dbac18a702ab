"""Views of the log: tables that clients read, kept in step with every append."""

from importlib import import_module

from threadhost.events.nouns import NOUNS
from threadhost.projections.base import Views

VIEWS = tuple(import_module(f"{__name__}.{noun.view}") for noun in NOUNS if noun.view)
"""The modules of nouns that have a view."""


def all_views() -> Views:
    """The views of a host."""
    return Views(*(view.projection for view in VIEWS))
