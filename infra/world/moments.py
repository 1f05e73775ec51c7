"""The shape of a world's events, measured from the events alone, to be held against the shapes of
real logs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.envelope import Envelope
from shared.events.exposures import Impression, PageServed
from shared.events.feedback import Thumb
from shared.events.plays import Play, PlayCompleted, PlayStarted
from shared.events.registry import EVENT_TYPES
from shared.ids import ProfileId, TitleId, VisitId


@dataclass(frozen=True, slots=True)
class Moments:
    """Figures of one history; shares are parts of 1."""

    visits: int
    plays: int
    """Plays begun, each episode for itself."""
    choices: int
    """Titles taken: plays without the episodes that followed by themselves."""
    play_gini: float
    """Inequality of plays over the titles that could be played."""
    tail_straightness: float
    """Correlation of log plays with log rank over the played titles but the top ten."""
    top_decile_share: float
    """Part of the plays that the most active tenth of the profiles made."""
    density: float
    """Distinct (profile, title) pairs played ÷ all pairs."""
    continued_share: float
    """Part of the time watched that went to titles begun in an earlier visit."""
    search_share: float
    """Part of the choices that came from search."""
    thumb_share: float
    """Thumbs ÷ choices."""
    completed_share: float
    """Part of the plays that reached the credits."""
    take_by_row: tuple[float, ...]
    """Titles taken ÷ tiles served, per row of the page."""
    take_by_column: tuple[float, ...]
    """Likewise per column, over rows with more than one tile."""
    hours: tuple[float, ...]
    """Part of the visits per local hour."""
    weekdays: tuple[float, ...]
    """Part of the visits per local weekday, Monday first."""


@dataclass
class _Tally:
    """What is counted while events go by."""

    titles: Counter[TitleId] = field(default_factory=Counter)
    profiles: Counter[ProfileId] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    taken: dict[VisitId, tuple[str, int, int]] = field(default_factory=dict)
    """Per visit: origin kind, row, column of the title taken."""
    first_visit: dict[tuple[ProfileId, TitleId], VisitId] = field(default_factory=dict)
    watched: dict[bool, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds by whether the title was begun in an earlier visit."""
    served: Counter[tuple[int, int]] = field(default_factory=Counter)
    chosen: Counter[tuple[int, int]] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    weekdays: Counter[int] = field(default_factory=Counter)

    def note(self, envelope: Envelope) -> None:
        """Count one event."""
        self.types[envelope.type] += 1
        kind = EVENT_TYPES[envelope.type]
        if issubclass(kind, Play):
            self._note_play(envelope, msgspec.json.decode(envelope.body, type=kind))
        elif kind is PageServed:
            self._note_page(envelope, msgspec.json.decode(envelope.body, type=PageServed))

    def _note_play(self, envelope: Envelope, body: Play) -> None:
        profile, visit = envelope.profile_id, envelope.visit_id
        if profile is None or visit is None:
            return
        begun = self.first_visit.setdefault((profile, body.title_id), visit)
        self.watched[begun != visit] += sum(end - start for start, end in body.watched)
        if not isinstance(body, PlayStarted):
            return
        self.titles[body.title_id] += 1
        self.profiles[profile] += 1
        if visit not in self.taken and envelope.origin is not None:
            place = (envelope.origin.row, envelope.origin.column)
            self.taken[visit] = (envelope.origin.kind, place[0] or 0, place[1] or 0)
            if place[0] is not None and place[1] is not None:
                self.chosen[place[0], place[1]] += 1

    def _note_page(self, envelope: Envelope, body: PageServed) -> None:
        for row, line in enumerate(body.rows):
            for column in range(len(line.tiles)):
                self.served[row, column] += 1
        local_ms = envelope.event_time_ms + (envelope.utc_offset_min or 0) * MINUTE_MS
        self.hours[local_ms // HOUR_MS % 24] += 1
        self.weekdays[(local_ms // DAY_MS + 3) % 7] += 1

    def moments(self) -> Moments:
        """The figures."""
        plays = np.array(sorted(self.titles.values(), reverse=True), dtype=float)
        activity = np.array(sorted(self.profiles.values(), reverse=True), dtype=float)
        titles, profiles = self.types["title.published"], self.types["profile.facts"]
        started, choices = int(plays.sum()), len(self.taken)
        return Moments(
            visits=self.types[PageServed.type],
            plays=started,
            choices=choices,
            play_gini=gini(np.concatenate([plays, np.zeros(max(0, titles - len(plays)))])),
            tail_straightness=_straightness(plays),
            top_decile_share=float(activity[: max(1, profiles // 10)].sum() / started),
            density=len(self.first_visit) / (titles * profiles),
            continued_share=self.watched[True] / (self.watched[True] + self.watched[False]),
            search_share=sum(kind == "search" for kind, _, _ in self.taken.values()) / choices,
            thumb_share=self.types[Thumb.type] / choices,
            completed_share=self.types[PlayCompleted.type] / started,
            take_by_row=tuple(self._take_rate(0)),
            take_by_column=tuple(self._take_rate(1)),
            hours=_shares(self.hours, 24),
            weekdays=_shares(self.weekdays, 7),
        )

    def _take_rate(self, axis: int) -> Iterator[float]:
        wide = {row for row, column in self.served if column > 0}
        places = [place for place in self.served if axis == 0 or place[0] in wide]
        for index in range(1 + max(place[axis] for place in places)):
            here = [place for place in places if place[axis] == index]
            yield sum(self.chosen[place] for place in here) / sum(
                self.served[place] for place in here
            )


def measure(events: Iterable[tuple[str, bytes, bytes]]) -> Moments:
    """The moments of a history as `World.history` gives it.

    Raises:
        ZeroDivisionError: nothing was played.
    """
    tally, decoder = _Tally(), msgspec.json.Decoder(Envelope)
    skipped = f'"type":"{Impression.type}"'.encode()
    for _, _, value in events:
        if skipped not in value:
            tally.note(decoder.decode(value))
    return tally.moments()


def gini(counts: npt.NDArray[np.float64]) -> float:
    """0 when all counts are equal, towards 1 when one has everything."""
    ordered = np.sort(counts)
    places = np.arange(1, len(ordered) + 1)
    return float((2 * places - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def _straightness(plays: npt.NDArray[np.float64]) -> float:
    """−correlation of log rank and log plays between the tenth title and the last that was played
    three times.
    """
    tail = plays[(np.arange(len(plays)) >= 10) & (plays >= 3)]
    if len(tail) < 3:
        return 0.0
    return float(-np.corrcoef(np.log(np.arange(11, 11 + len(tail))), np.log(tail))[0, 1])


def _shares(counts: Counter[int], size: int) -> tuple[float, ...]:
    total = counts.total()
    return tuple(counts[index] / total for index in range(size))
