"""Exports of the protocol, made from the models: JSON Schema, OpenRPC and TypeScript."""
