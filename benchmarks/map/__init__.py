"""The page beside the peers' pages, in a browser: `python -m benchmarks.map`."""
