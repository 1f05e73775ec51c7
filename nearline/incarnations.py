"""The registered incarnation of each topic, to which all stored positions belong."""

from dataclasses import dataclass

from shared.store.port import Cells, Store
from shared.store.tables import INCARNATIONS


@dataclass(frozen=True, slots=True)
class Incarnation:
    """An incarnation of a topic: the id that the log gave it, and its number, counted from 1."""

    incarnation_id: str
    number: int


def registered_incarnation(store: Store, topic: str, current_id: str) -> Incarnation:
    """The registered incarnation; without one, the current one is registered as number 1.

    Raises:
        StoreUnavailable: the store did not answer.
    """
    row = store.read(INCARNATIONS, (topic,)).get(())
    if row is None:
        first: Cells = {"incarnation": current_id, "number": 1}
        store.compare_and_set(INCARNATIONS, (topic,), None, first)
        row = store.read(INCARNATIONS, (topic,))[()]
    return Incarnation(str(row["incarnation"]), int(row["number"]))
