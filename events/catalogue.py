"""Every type of event there is: whoever imports this knows them all."""

from importlib import import_module

from threadhost.events.base import KINDS as KINDS  # noqa: PLC0414  (handed on)
from threadhost.events.nouns import NOUNS

for _noun in NOUNS:
    import_module(f"{__package__}.{_noun.name}")
