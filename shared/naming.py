"""Registries: entries by unique name."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def by_unique_name(entries: Iterable[T], name_of: Callable[[T], str]) -> dict[str, T]:
    """The entries by name, in their order.

    Raises:
        ValueError: two entries have the same name. Registries are module constants, so this stops
            the program at import.
    """
    by_name: dict[str, T] = {}
    for entry in entries:
        name = name_of(entry)
        if name in by_name:
            raise ValueError(f"{by_name[name]} and {entry} have the same name {name!r}")
        by_name[name] = entry
    return by_name
