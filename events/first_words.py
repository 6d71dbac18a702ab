"""The first words of a thread, which its preview shows."""

from threadhost.events.turn import LOCAL_PICTURE, USER_ITEM, ItemRecorded, parts

WORDS_CHARS_MAX = 2000
PICTURES = ("image", LOCAL_PICTURE)
PICTURE = "[Image]"
"""Shown in place of words if the user sent only a picture."""


def first_words(message: ItemRecorded) -> str:
    """Return what the preview shows for a user's message; empty if it has nothing to show."""
    if message.type != USER_ITEM:
        return ""
    content = parts(message.item, "content")
    texts = [part.get("text") for part in content if part.get("type") == "text"]
    words = "".join(text for text in texts if isinstance(text, str)).strip()
    is_picture = any(part.get("type") in PICTURES for part in content)
    return words[:WORDS_CHARS_MAX] or PICTURE * is_picture
