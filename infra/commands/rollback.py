"""`marquee rollback`."""


def rollback() -> None:
    """Make the previous generation live again. A second rollback undoes the first."""
    from contextlib import closing

    from infra.settings import load_settings
    from infra.wiring import open_artifacts, open_store
    from offline.publication.pointer import read_pointer, roll_back
    from shared.artifacts.generation import load_generation

    settings = load_settings()
    with closing(open_store(settings)) as store:
        previous = read_pointer(store).previous
        if previous is not None:
            # Fail before the pointer moves if replicas could not load the generation.
            load_generation(open_artifacts(settings), previous)
        rolled_back_from, live_now = roll_back(store)
    print(f"{rolled_back_from} → {live_now}")
