"""A typed client of a host: in its process, over a websocket or over a unix socket."""
