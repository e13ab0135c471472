"""StyleGrid's version: in the page's footer, results.json, PNGs, benchmarks and trained weights."""

VERSION = "1.1.0"
