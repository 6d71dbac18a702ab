"""The process of a client that joins the host of its home: relays bytes, and survives the host."""
