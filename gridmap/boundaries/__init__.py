"""Boundary analysis: what is wrong with the outlines of divisions, and proposals to mend it."""
