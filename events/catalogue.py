"""Every type of event there is: importing this module declares them all."""

from importlib import import_module

from threadhost.events.base import KINDS as KINDS  # noqa: PLC0414  (re-exported)
from threadhost.events.nouns import NOUNS

for _noun in NOUNS:
    import_module(f"{__package__}.{_noun.name}")
