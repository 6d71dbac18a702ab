"""Thin loops between a session and the bytes of stdio, a unix socket or a websocket."""
