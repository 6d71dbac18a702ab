"""The one way to a terminal: others' text without anything that a terminal would interpret.

That is whatever Unicode does not call printable: control characters, and with them every escape
sequence, characters without width, and those that change the direction of writing.
"""

LINE_BREAK = "\n"
REPLACED = "\ufffd"


def visible(text: str) -> str:
    """The text, safe to print; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == LINE_BREAK else _sign(c) for c in text)


def visible_json(document: str) -> str:
    """JSON with the same value, safe to print; only its strings need escapes."""
    if document.isprintable():
        return document
    return "".join(c if c.isprintable() or c == LINE_BREAK else _escaped(c) for c in document)


def _sign(character: str) -> str:
    return " " if character == "\t" else REPLACED


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
