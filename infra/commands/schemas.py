"""`marquee schemas`."""


def schemas() -> None:
    """Write the JSON Schemas of events and of the HTTP interface; refuse an incompatible change."""
    from rich.console import Console

    from shared.api.json_schema import API_FOLDER, api_schemas
    from shared.errors import SchemaMismatch
    from shared.events.json_schema import EVENT_FOLDER, event_schemas
    from shared.json_schema import export

    console = Console(stderr=True)
    for folder, current in ((EVENT_FOLDER, event_schemas()), (API_FOLDER, api_schemas())):
        written, problems = export(current, folder)
        if problems:
            raise SchemaMismatch(
                "These changes are incompatible; undo them or use a new name:\n  "
                + "\n  ".join(problems)
            )
        console.print(f"{folder}: {len(written)} of {len(current)} schemas written")
