"""Names that people know agents by."""

from collections.abc import Sequence

NICKNAMES: Sequence[str] = (
    *("Ada", "Alba", "Amos", "Anselm", "Birch", "Bruno", "Cedar", "Clara", "Cosmo", "Dora"),
    *("Edda", "Elmo", "Enid", "Fern", "Flora", "Gus", "Hazel", "Hugo", "Ida", "Iris"),
    *("Ivo", "Jasper", "Juno", "Kit", "Lark", "Linus", "Luna", "Mabel", "Max", "Mira"),
    *("Nell", "Nico", "Olive", "Oscar", "Otto", "Pearl", "Quill", "Remy", "Robin", "Rowan"),
    *("Sage", "Silas", "Stella", "Theo", "Tilda", "Ursa", "Vera", "Wren", "Yara", "Zeno"),
)


def nickname(number: int, among: Sequence[str] = ()) -> str:
    """The name of the agent of this number in its tree, from 0; they repeat where they are few."""
    names = among or NICKNAMES
    return names[number % len(names)]
