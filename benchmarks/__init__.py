"""Measurements of gridmap; nothing here is installed with it."""
