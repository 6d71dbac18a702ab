"""The protocol as others read it: JSON Schema, OpenRPC and TypeScript, made from the models."""
