"""The engine measured beside graph partitioners, samplers and regionalisers, in one run.

``python -m benchmarks.engine --help`` tells how; `benchmarks/engine.md` is what it wrote.
"""
