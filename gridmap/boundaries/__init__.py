"""Boundary analysis: what is wrong, or merely awkward, with the outlines of divisions."""

from __future__ import annotations
