"""`marquee down`."""


def down() -> None:
    """Stop Kafka and Cassandra, and tiers that a demo has left running; data stays."""
    from rich.console import Console

    from infra.local import stack
    from infra.local.tiers import NEARLINE, ONLINE, stop_tiers
    from infra.settings import load_settings

    settings, out = load_settings(), Console(stderr=True)
    with out.status("stopping"):
        stopped = [*stop_tiers(settings, (ONLINE.name, NEARLINE.name)), *stack.stop(settings)]
    out.print(f"stopped {' and '.join(stopped)}" if stopped else "nothing was running")
