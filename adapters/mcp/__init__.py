"""MCP servers, whose tools the host offers to models; only this imports the MCP library."""
