"""What pytest says of long bytes that differ: where, not a comparison letter by letter."""

LONG_BYTES = 4096
AROUND_BYTES = 16


def of_long_bytes(operator: str, left: object, right: object) -> list[str] | None:
    """Lines for two that should be equal; none for what pytest shows as well by itself."""
    if operator != "==" or not (isinstance(left, bytes) and isinstance(right, bytes)):
        return None
    if max(len(left), len(right)) < LONG_BYTES:
        return None
    place = first_difference(left, right)
    shown = slice(max(0, place - AROUND_BYTES), place + AROUND_BYTES)
    return [
        f"{len(left)} bytes == {len(right)} bytes",
        f"they differ first at {place}: {left[shown]!r} and {right[shown]!r}",
    ]


def first_difference(left: bytes, right: bytes) -> int:
    """The place of the first byte that is not the same in both."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))
