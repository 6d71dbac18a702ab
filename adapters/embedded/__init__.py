"""threadhost: a durable host for trees of agent threads."""
