"""The marks around what models are given to remember."""

RECORD, RECORD_END = "<conversation_record>", "</conversation_record>"
"""Around what was said in one thread."""
NOTES, NOTES_END = "<memory_notes>", "</memory_notes>"
"""Around notes of threads."""
BY_USER = "user: "
"""Before what the user said."""
