"""Taking in what codex keeps in its home: rollout files, names, and its databases."""
