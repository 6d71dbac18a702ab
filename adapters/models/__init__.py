"""Clients of models, behind the port of the actors: the offline echo, and providers over HTTP."""
