"""The pointer of an arm: the live generation and the previous one."""

from dataclasses import dataclass

from shared.errors import LeaseHeld, Stop
from shared.ids import MAIN_ARM, GenerationId
from shared.store.port import Cells, Store
from shared.store.tables import PUBLICATIONS


@dataclass(frozen=True, slots=True)
class ArmPointer:
    """The generations of an arm; None before the first (or second) publication."""

    current: GenerationId | None
    previous: GenerationId | None


def read_pointer(store: Store, arm: str = MAIN_ARM) -> ArmPointer:
    """The arm's pointer."""
    return _decode(_read(store, arm))


def publish_pointer(store: Store, generation_id: GenerationId, arm: str = MAIN_ARM) -> ArmPointer:
    """Make a generation live; the current one becomes the previous one.

    Publishing the current generation again changes nothing.

    Raises:
        LeaseHeld: another process moved the pointer at the same time; its move stays.
    """
    stored = _read(store, arm)
    pointer = _decode(stored)
    if pointer.current == generation_id:
        return pointer
    return _move(store, arm, stored, ArmPointer(generation_id, pointer.current))


def roll_back(store: Store, arm: str = MAIN_ARM) -> tuple[GenerationId, GenerationId]:
    """Swap the current and the previous generation, and return (from, to).

    A second rollback undoes the first.

    Raises:
        Stop: there is no previous generation.
        LeaseHeld: another process moved the pointer at the same time; its move stays.
    """
    stored = _read(store, arm)
    pointer = _decode(stored)
    if pointer.current is None or pointer.previous is None:
        published = "one generation" if pointer.current else "no generation"
        raise Stop(f"There is nothing to roll back to: arm '{arm}' has had {published} so far.")
    _move(store, arm, stored, ArmPointer(pointer.previous, pointer.current))
    return pointer.current, pointer.previous


def _move(store: Store, arm: str, stored: Cells | None, target: ArmPointer) -> ArmPointer:
    cells: Cells = {"current": target.current or "", "previous": target.previous or ""}
    if not store.compare_and_set(PUBLICATIONS, (arm,), stored, cells):
        raise LeaseHeld(
            f"Another process moved the pointer of arm '{arm}' at the same time: check "
            "`marquee status` and try again."
        )
    return target


def _read(store: Store, arm: str) -> Cells | None:
    return store.read(PUBLICATIONS, (arm,)).get(())


def _decode(cells: Cells | None) -> ArmPointer:
    if cells is None:
        return ArmPointer(None, None)
    return ArmPointer(_generation(cells, "current"), _generation(cells, "previous"))


def _generation(cells: Cells, name: str) -> GenerationId | None:
    value = str(cells.get(name, ""))
    return GenerationId(value) if value else None
