"""`marquee rollback`."""


def rollback() -> None:
    """Point back at the generation that members saw before; doing it twice is doing nothing."""
    from contextlib import closing

    from infra.settings import load_settings
    from infra.wiring import open_artifacts, open_store
    from offline.publication.pointer import read_pointer, roll_back
    from shared.artifacts.generation import load_generation

    settings = load_settings()
    with closing(open_store(settings)) as store:
        previous = read_pointer(store).previous
        if previous is not None:
            # A generation whose manifest cannot be read would leave members with nothing.
            load_generation(open_artifacts(settings), previous)
        before, now = roll_back(store)
    print(f"{before} → {now}")
