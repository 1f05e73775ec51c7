"""The pointer that says which generation members see, and which one they saw before."""

from dataclasses import dataclass

from shared.errors import LeaseHeld, Stop
from shared.ids import MAIN_ARM, GenerationId
from shared.store.port import Cells, Store
from shared.store.tables import PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Pointer:
    """What an arm points at; None where nothing was ever published (or, for `previous`, published
    before).
    """

    current: GenerationId | None
    previous: GenerationId | None


def read_pointer(store: Store, arm: str = MAIN_ARM) -> Pointer:
    """Where the arm points now."""
    return _pointer(_cells(store, arm))


def publish_pointer(store: Store, generation_id: GenerationId, arm: str = MAIN_ARM) -> Pointer:
    """Point the arm at a generation; what was current becomes previous. Publishing the current one
    again changes nothing.

    Raises:
        LeaseHeld: somebody else moved the pointer meanwhile; it stands where they put it.
    """
    found = _cells(store, arm)
    before = _pointer(found)
    if before.current == generation_id:
        return before
    return _move(store, arm, found, Pointer(generation_id, before.current))


def roll_back(store: Store, arm: str = MAIN_ARM) -> tuple[GenerationId, GenerationId]:
    """Swap current and previous; returns (from, to). Doing it twice is doing nothing.

    Raises:
        Stop: there is no previous generation.
        LeaseHeld: somebody else moved the pointer meanwhile.
    """
    found = _cells(store, arm)
    before = _pointer(found)
    if before.current is None or before.previous is None:
        raise Stop(
            f"There is nothing to roll back to: arm '{arm}' has had {'one generation' if before.current else 'none'} so far."
        )
    _move(store, arm, found, Pointer(before.previous, before.current))
    return before.current, before.previous


def _move(store: Store, arm: str, found: Cells | None, to: Pointer) -> Pointer:
    cells: Cells = {"current": to.current or "", "previous": to.previous or ""}
    if not store.compare_and_set(PUBLICATIONS, (arm,), found, cells):
        raise LeaseHeld(
            f"The pointer of arm '{arm}' was moved by somebody else at the same time; look with `marquee status` and try again."
        )
    return to


def _cells(store: Store, arm: str) -> Cells | None:
    return store.read(PUBLICATIONS, (arm,)).get(())


def _pointer(cells: Cells | None) -> Pointer:
    if cells is None:
        return Pointer(None, None)
    return Pointer(_id(cells, "current"), _id(cells, "previous"))


def _id(cells: Cells, name: str) -> GenerationId | None:
    value = str(cells.get(name, ""))
    return GenerationId(value) if value else None
