"""The protocol: bytes to messages, messages to typed calls, events to notifications."""
