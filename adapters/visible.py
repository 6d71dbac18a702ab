"""The one door to a terminal: text of others without anything in it that a terminal would obey.

That is whatever Unicode does not call printable: control characters, and with them any escape
sequence, what has no width, and what turns the direction of writing.
"""

LINE_BREAK = "\n"
REPLACED = "\ufffd"


def visible(text: str) -> str:
    """The text as it may be printed; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == LINE_BREAK else _sign(c) for c in text)


def visible_json(document: str) -> str:
    """JSON that says the same and may be printed; only in its strings is anything to be escaped."""
    if document.isprintable():
        return document
    return "".join(c if c.isprintable() or c == LINE_BREAK else _escaped(c) for c in document)


def _sign(character: str) -> str:
    return " " if character == "\t" else REPLACED


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
