"""One file per command of `marquee`; how to add one is written here.

A command is one typed function whose first docstring line is its line in `marquee --help`, in a
file of its own, and one line in the table of `infra/cli.py`. Settings come from `load_settings()`,
adapters from `infra.wiring`. Anything heavy (pyspark, ray, torch, the drivers) is imported inside
the function, so that `marquee --help` answers at once. A command prints with rich or, for `--json`,
one document on stdout; it raises MarqueeErrors and lets them rise: `main` turns them into one
sentence and an exit code.
"""
