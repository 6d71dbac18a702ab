"""How many values a property is tried with: some in the fast suite, all of them in the other."""

from hypothesis import settings

FAST, THOROUGH = "fast", "thorough"
PART = 10
"""The fast suite tries one in so many; each run tries others."""
EXAMPLES_MIN = 10


def register_profiles() -> None:
    """Make both known; the fast one holds where the other is not asked for."""
    settings.register_profile(THOROUGH, max_examples=100, deadline=None)
    settings.register_profile(FAST, max_examples=100 // PART, deadline=None)
    settings.load_profile(FAST)


def tries(thorough: int) -> settings:
    """The settings of a property that is tried with more examples than others, or fewer."""
    if settings.get_current_profile_name() == THOROUGH:
        return settings(max_examples=thorough)
    return settings(max_examples=max(thorough // PART, EXAMPLES_MIN))
