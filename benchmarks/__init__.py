"""Measurements, each beside a control of the same run; `make bench` runs them all."""
