"""A typed client of a host, the same in its process, over a websocket or over a unix socket."""
