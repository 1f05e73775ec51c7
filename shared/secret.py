"""A setting that must not appear in logs, tables or error messages."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret text. `repr` and `str` leave the value out; `value` returns it."""

    value: str = field(default="", repr=False)
