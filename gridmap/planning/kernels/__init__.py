"""The engine's inner loops, compiled by numba; imported only when a plan is searched."""
