"""`marquee down`."""


def down() -> None:
    """Stop Kafka and Cassandra; their data stays."""
    from rich.console import Console

    from infra.local import stack
    from infra.settings import load_settings

    out = Console(stderr=True)
    with out.status("stopping"):
        stopped = stack.stop(load_settings())
    out.print(f"stopped {' and '.join(stopped)}" if stopped else "nothing was running")
