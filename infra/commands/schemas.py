"""`marquee schemas`."""


def schemas() -> None:
    """Write the JSON Schemas of all event types after a compatible change; refuse one that would
    break producers or consumers.
    """
    from rich.console import Console

    from shared.errors import SchemaMismatch
    from shared.events.json_schema import FOLDER, export

    written, problems = export()
    if problems:
        raise SchemaMismatch("these changes would break somebody:\n  " + "\n  ".join(problems))
    Console(stderr=True).print(
        f"{len(written)} schemas written to {FOLDER}" if written else "all schemas are as stored"
    )
