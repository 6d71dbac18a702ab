"""Hearing the logs of this process, whatever was switched off for the sake of quiet."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hearing(handler: logging.Handler, level: int) -> Iterator[None]:
    """The handler hears everything from this level on."""
    root = logging.getLogger()
    before, disabled = root.level, logging.root.manager.disable
    logging.disable(logging.NOTSET)
    root.addHandler(handler)
    root.setLevel(min(level, before))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        logging.disable(disabled)
