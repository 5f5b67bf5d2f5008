"""Boundary analysis (边界分析): what is wrong with borders, and how to mend it."""
