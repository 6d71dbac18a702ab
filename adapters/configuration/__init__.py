"""The configuration file: read within bounds, checked at one door, turned into plain records."""
