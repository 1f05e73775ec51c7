"""The commands of `marquee`, and how to add one.

A command is one typed function and one line in the table of `infra/cli.py`. The first line of its
docstring is its line in `marquee --help`; the rest is shown by `marquee COMMAND --help`. Settings
come from `load_settings()`, adapters from `infra.wiring`. Heavy imports (pyspark, ray, torch, the
drivers) stay inside the function, so that `marquee --help` is fast. A command prints with rich, or
prints one JSON document to stdout with `--json`. It does not catch a MarqueeError: `main` turns it
into one sentence and an exit code.
"""
