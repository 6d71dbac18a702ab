"""The first words of a thread, which its preview shows."""

from threadhost.events.turn import LOCAL_PICTURE, USER_ITEM, ItemRecorded, parts

WORDS_CHARS_MAX = 2000
PICTURES = ("image", LOCAL_PICTURE)
PICTURE = "[Image]"
"""Stands for the words of who sent but a picture."""


def first_words(message: ItemRecorded) -> str:
    """What a user's message shows if it is the first that shows anything; empty if it does not."""
    if message.type != USER_ITEM:
        return ""
    content = parts(message.item, "content")
    texts = [part.get("text") for part in content if part.get("type") == "text"]
    words = "".join(text for text in texts if isinstance(text, str)).strip()
    is_picture = any(part.get("type") in PICTURES for part in content)
    return words[:WORDS_CHARS_MAX] or PICTURE * is_picture
