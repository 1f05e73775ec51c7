"""A kind of row, declared once: labels, reasons and layout rules.

Labels and reasons are templates over the facts of a row. The first template with all its facts
present is used, so a row states only facts from its source. The last template of each list needs no
fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import Final, Literal, Self, get_args

Fact = Literal[
    "name",  # the name of the member
    "history",  # the member has played titles, and the row was chosen by them
    "picks",  # the member picked titles at onboarding, and the row was chosen by them
    "watched",  # the name of a title that the member played and liked
    "picked",  # the name of a title that the member picked at onboarding and never played
    "country",  # the row is about the plays of this country
    "genre",
    "mood",
    "format",  # "films" or "series"
    "decade",  # such as "1980s"
]
"""The facts that a row may carry for its templates; a fact without a value is ""."""
TITLE_FACTS: Final = frozenset[Fact]({"watched", "picked"})
"""Facts that are the name of a title."""

Facts = Mapping[Fact, str]
NO_FACTS: Final[Facts] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Template:
    """A text with facts in braces; `facts` are those it uses and those that make it true."""

    text: str
    facts: frozenset[str]

    @classmethod
    def of(cls, text: str, *also: Fact) -> Self:
        """Build a template that needs the facts in braces, and those in `also`.

        Raises:
            ValueError: `text` names something that is not a fact.
        """
        facts = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if unknown := facts - set(get_args(Fact)):
            raise ValueError(f"the template {text!r} names {sorted(unknown)}, which are not facts")
        return cls(text, frozenset({*facts, *also}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKind:
    """A kind of row. Layout values are guesses, to be learned.

    Raises:
        ValueError: the name is empty, or every template needs a fact.
    """

    name: str
    """Stored in pages, in the log and in precomputed rows; never changed once used."""
    labels: tuple[Template, ...]
    """Headings, the most specific first."""
    reasons: tuple[Template, ...]
    """Why the row is shown, the most specific first."""
    subject: Fact | None = None
    """The fact that the subject of a precomputed row of this kind states."""
    minimum_tiles: int = 4
    """A row with fewer tiles is not shown."""
    family: str = ""
    """Kinds of one family count as one kind for the diversity of a page; empty for a family of its
    own.
    """
    no_later_than: int | None = None
    """The last row position, from 0, for the first row of this family; 0 pins it to the top of the
    page.
    """
    discovery: bool = True
    """Whether started, finished and My List titles are excluded; other rows show them."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a kind of row needs a name")
        for templates in (self.labels, self.reasons):
            if not templates or templates[-1].facts:
                raise ValueError(f"{self.name}: the last template must not need a fact")

    @property
    def layout_family(self) -> str:
        """The name under which the layout counts rows of this kind."""
        return self.family or self.name

    def label(self, facts: Facts) -> str:
        """The heading of a row with these facts."""
        return _first_fitting(self.labels, facts)

    def reason(self, facts: Facts) -> str:
        """The reason of a row with these facts."""
        return _first_fitting(self.reasons, facts)


def register_kinds(kinds: Sequence[RowKind]) -> Mapping[str, RowKind]:
    """Return the kinds by name.

    Raises:
        ValueError: two kinds have one name.
    """
    by_name = {kind.name: kind for kind in kinds}
    if len(by_name) < len(kinds):
        names = [kind.name for kind in kinds]
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"kinds of rows declared twice: {', '.join(repeated)}")
    return MappingProxyType(by_name)


def _first_fitting(templates: Sequence[Template], facts: Facts) -> str:
    for template in templates:
        if not template.facts:
            return template.text
        if template.facts <= facts.keys():
            values: dict[str, str] = dict(facts.items())
            return template.text.format_map(values)
    raise ValueError("the last template must not need a fact")
