"""Model clients behind the port that actors know: the offline echo, and providers over the net."""
