"""Log lines as JSON, one object each, for programs that gather them."""

import logging
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic_core import to_json

from threadhost.adapters.logs import said, utc, where
from threadhost.adapters.visible import visible_json


class JsonLine(logging.Formatter):
    """A record as an object: `time`, `level`, `code` or `logger`, `message`, and its values."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        document: dict[str, Any] = {"time": utc(record), "level": record.levelname.lower()}
        line = getattr(record, "line", None)
        document |= {"logger": record.name} if line is None else {"code": line.code}
        document["message"] = said(record)
        values = getattr(record, "values", {})
        document |= {to_camel(name): value for name, value in values.items()}
        if record.exc_info:
            document["error"] = where(record.exc_info)
        return visible_json(to_json(document).decode("utf-8", "replace"))
