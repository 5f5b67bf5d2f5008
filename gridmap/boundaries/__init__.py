"""Boundary analysis: what is wrong with today's lines, and what a repair would do (边界分析)."""
