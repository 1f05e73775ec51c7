"""Cases of the watching rules, worked out by hand and the same for every tier.

Runtimes are 1,000 s. By the rules the credits start at 920 s, a play before 900 s after the credits
starts a new viewing, and a play counts as started after 120 s.
"""

from dataclasses import dataclass, field

from shared.catalog.titles import FILM_PART

RUNTIME_S = 1_000


@dataclass(frozen=True)
class PlayCase:
    """One play event of a part; without a watched interval only the playhead moves."""

    position_s: int
    part: str = FILM_PART
    watched: tuple[int, int] | None = None
    completed: bool = False


@dataclass(frozen=True)
class WatchingCase:
    """Play events of one title in order, and their meaning by the rules.

    `released` and `announced` are episode ids; without both the title is a film.
    """

    plays: tuple[PlayCase, ...]
    finished_parts: frozenset[str]
    finished: bool
    started: bool
    released: tuple[str, ...] = ()
    announced: tuple[str, ...] = field(default=())


def _watched(end_s: int, part: str = FILM_PART, *, completed: bool = False) -> PlayCase:
    return PlayCase(end_s, part, (0, end_s), completed)


FILM = frozenset({FILM_PART})
NOTHING = frozenset[str]()

CASES = {
    "a film at .93": WatchingCase((_watched(930),), FILM, finished=True, started=True),
    "a film at .92": WatchingCase((_watched(920),), FILM, finished=True, started=True),
    "a film just before the credits": WatchingCase(
        (_watched(919),), NOTHING, finished=False, started=True
    ),
    "a film reported complete at .85": WatchingCase(
        (_watched(850, completed=True),), FILM, finished=True, started=True
    ),
    "a film in the credits, then a little before them": WatchingCase(
        (_watched(930), PlayCase(905)), FILM, finished=True, started=True
    ),
    "a film in the credits, then from the middle": WatchingCase(
        (_watched(930), PlayCase(400)), NOTHING, finished=False, started=True
    ),
    "a film watched for 119 seconds": WatchingCase(
        (_watched(119),), NOTHING, finished=False, started=False
    ),
    "a film watched for two minutes": WatchingCase(
        (_watched(120),), NOTHING, finished=False, started=True
    ),
    "all episodes of a series": WatchingCase(
        (_watched(950, "e1"), _watched(950, "e2")),
        frozenset({"e1", "e2"}),
        finished=True,
        started=True,
        released=("e1", "e2"),
    ),
    "all released episodes, one more announced": WatchingCase(
        (_watched(950, "e1"), _watched(950, "e2")),
        frozenset({"e1", "e2"}),
        finished=True,
        started=True,
        released=("e1", "e2"),
        announced=("e3",),
    ),
    "the finale only": WatchingCase(
        (_watched(950, "e2"),),
        frozenset({"e2"}),
        finished=False,
        started=True,
        released=("e1", "e2"),
    ),
    "the first of two episodes": WatchingCase(
        (_watched(950, "e1"),),
        frozenset({"e1"}),
        finished=False,
        started=True,
        released=("e1", "e2"),
    ),
    "a finished series whose first episode is watched again": WatchingCase(
        (_watched(950, "e1"), _watched(950, "e2"), PlayCase(300, "e1")),
        frozenset({"e2"}),
        finished=False,
        started=True,
        released=("e1", "e2"),
    ),
    "a film reported complete at .85, then in the credits": WatchingCase(
        (_watched(850, completed=True), PlayCase(910)), FILM, finished=True, started=True
    ),
    "a series without a released episode": WatchingCase(
        (_watched(950, "e1"),),
        frozenset({"e1"}),
        finished=False,
        started=True,
        announced=("e1",),
    ),
    "an episode outside the catalog": WatchingCase(
        (_watched(950, "e9"),),
        frozenset({"e9"}),
        finished=False,
        started=True,
        released=("e1", "e2"),
    ),
}
