"""Boundary analysis (边界分析): what is wrong with the lines between divisions, and how to mend it."""
