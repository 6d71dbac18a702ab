"""MCP servers, whose tools models are offered; the door of the library that speaks to them."""
