"""The protocol: turns bytes into messages, messages into typed calls, events into notifications."""
