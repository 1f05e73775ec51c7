"""Statistics of a world's history, computed from its events alone, to compare with real logs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.envelope import Envelope
from shared.events.exposures import Impression, PageServed
from shared.events.feedback import Thumb
from shared.events.plays import Interval, Play, PlayCompleted, PlayStarted
from shared.events.registry import EVENT_TYPES
from shared.ids import PlayId, ProfileId, TitleId, VisitId
from shared.rules.intervals import covered_seconds, union
from shared.rules.watching import is_abandoned

_TAIL_FROM: Final = 10
_TAIL_MIN_PLAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Moments:
    """Statistics of one history; shares are in 0..1."""

    visits: int
    plays: int
    """Started plays, one per episode."""
    choices: int
    """Chosen titles: plays without those that follow in the same visit."""
    play_gini: float
    """Gini coefficient of plays over all titles of the catalog."""
    tail_straightness: float
    """Correlation of log plays with log rank over the played titles without the top ten."""
    top_decile_share: float
    """Share of the plays by the most active tenth of the profiles."""
    density: float
    """Distinct (profile, title) pairs with a play ÷ all pairs."""
    continued_share: float
    """Share of the watched time on titles that were started in an earlier visit."""
    search_share: float
    """Share of the choices that came from search."""
    thumb_share: float
    """Thumbs ÷ choices."""
    completed_share: float
    """Share of the plays with a `play.completed`."""
    abandoned_share: float
    """Share of the plays that were abandoned by the product's rules."""
    take_by_row: tuple[float, ...]
    """Chosen titles ÷ served tiles, per row of the page."""
    take_by_column: tuple[float, ...]
    """Chosen titles ÷ served tiles, per column, over rows with more than one tile."""
    hours: tuple[float, ...]
    """Share of the visits per local hour."""
    weekdays: tuple[float, ...]
    """Share of the visits per local weekday, Monday first."""


@dataclass
class _PlayTotal:
    """The watched intervals of one play."""

    runtime_s: int
    watched: list[Interval] = field(default_factory=list)
    is_finished: bool = False

    @property
    def is_abandoned(self) -> bool:
        watched_s = covered_seconds(union(self.watched), self.runtime_s)
        return is_abandoned(watched_s, self.runtime_s, finished=self.is_finished)


@dataclass
class _EventCounts:
    """Counts over the events so far."""

    titles: Counter[TitleId] = field(default_factory=Counter)
    profiles: Counter[ProfileId] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    choices: dict[VisitId, tuple[str, int, int]] = field(default_factory=dict)
    """Per visit: origin kind, row and column of the chosen title."""
    first_visit: dict[tuple[ProfileId, TitleId], VisitId] = field(default_factory=dict)
    watched_s: dict[bool, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds, by whether the title was started in an earlier visit."""
    plays: dict[PlayId, _PlayTotal] = field(default_factory=dict)
    served: Counter[tuple[int, int]] = field(default_factory=Counter)
    chosen: Counter[tuple[int, int]] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    weekdays: Counter[int] = field(default_factory=Counter)

    def add(self, envelope: Envelope) -> None:
        """Count one event."""
        self.types[envelope.type] += 1
        kind = EVENT_TYPES[envelope.type]
        if issubclass(kind, Play):
            self._add_play(envelope, msgspec.json.decode(envelope.body, type=kind))
        elif kind is PageServed:
            self._add_page(envelope, msgspec.json.decode(envelope.body, type=PageServed))

    def _add_play(self, envelope: Envelope, body: Play) -> None:
        profile, visit, play_id = envelope.profile_id, envelope.visit_id, envelope.play_id
        if profile is None or visit is None or play_id is None:
            return
        first_visit = self.first_visit.setdefault((profile, body.title_id), visit)
        self.watched_s[first_visit != visit] += sum(end - start for start, end in body.watched)
        total = self.plays.setdefault(play_id, _PlayTotal(body.runtime_s))
        total.watched.extend(body.watched)
        total.is_finished |= isinstance(body, PlayCompleted)
        if isinstance(body, PlayStarted):
            self.titles[body.title_id] += 1
            self.profiles[profile] += 1
            self._add_choice(envelope, visit)

    def _add_choice(self, envelope: Envelope, visit: VisitId) -> None:
        origin = envelope.origin
        if visit in self.choices or origin is None:
            return
        self.choices[visit] = (origin.kind, origin.row or 0, origin.column or 0)
        if origin.row is not None and origin.column is not None:
            self.chosen[origin.row, origin.column] += 1

    def _add_page(self, envelope: Envelope, body: PageServed) -> None:
        for row, served in enumerate(body.rows):
            for column in range(len(served.tiles)):
                self.served[row, column] += 1
        local_ms = envelope.event_time_ms + (envelope.utc_offset_min or 0) * MINUTE_MS
        self.hours[local_ms // HOUR_MS % 24] += 1
        # 1 January 1970 was a Thursday; weekday 0 is Monday.
        self.weekdays[(local_ms // DAY_MS + 3) % 7] += 1

    def moments(self) -> Moments:
        """The statistics of the events so far."""
        plays = np.array(sorted(self.titles.values(), reverse=True), dtype=float)
        activity = np.array(sorted(self.profiles.values(), reverse=True), dtype=float)
        titles, profiles = self.types["title.published"], self.types["profile.facts"]
        started, choices = int(plays.sum()), len(self.choices)
        return Moments(
            visits=self.types[PageServed.type],
            plays=started,
            choices=choices,
            play_gini=gini(np.concatenate([plays, np.zeros(max(0, titles - len(plays)))])),
            tail_straightness=_straightness(plays),
            top_decile_share=float(activity[: max(1, profiles // 10)].sum() / started),
            density=len(self.first_visit) / (titles * profiles),
            continued_share=self.watched_s[True] / (self.watched_s[True] + self.watched_s[False]),
            search_share=sum(kind == "search" for kind, _, _ in self.choices.values()) / choices,
            thumb_share=self.types[Thumb.type] / choices,
            completed_share=self.types[PlayCompleted.type] / started,
            abandoned_share=sum(play.is_abandoned for play in self.plays.values()) / started,
            take_by_row=tuple(self._take_rate(0)),
            take_by_column=tuple(self._take_rate(1)),
            hours=_shares(self.hours, 24),
            weekdays=_shares(self.weekdays, 7),
        )

    def _take_rate(self, axis: int) -> Iterator[float]:
        """Per row (axis 0) or column (axis 1): chosen ÷ served."""
        wide_rows = {row for row, column in self.served if column > 0}
        positions = [position for position in self.served if axis == 0 or position[0] in wide_rows]
        for index in range(1 + max(position[axis] for position in positions)):
            selected = [position for position in positions if position[axis] == index]
            chosen = sum(self.chosen[position] for position in selected)
            yield chosen / sum(self.served[position] for position in selected)


def measure(events: Iterable[tuple[str, bytes, bytes]]) -> Moments:
    """The statistics of a history in the form of `World.history`.

    Raises:
        ZeroDivisionError: there is no play.
    """
    counts, decoder = _EventCounts(), msgspec.json.Decoder(Envelope)
    skipped = f'"type":"{Impression.type}"'.encode()
    for _, _, value in events:
        if skipped not in value:
            counts.add(decoder.decode(value))
    return counts.moments()


def gini(counts: npt.NDArray[np.float64]) -> float:
    """The Gini coefficient: 0 for equal counts, close to 1 when one entry has everything."""
    ordered = np.sort(counts)
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def _straightness(plays: npt.NDArray[np.float64]) -> float:
    """−correlation of log rank and log plays, from rank 11 to the last title with three plays."""
    is_tail = (np.arange(len(plays)) >= _TAIL_FROM) & (plays >= _TAIL_MIN_PLAYS)
    tail = plays[is_tail]
    if len(tail) < 3:
        return 0.0
    ranks = np.arange(_TAIL_FROM + 1, _TAIL_FROM + 1 + len(tail))
    return float(-np.corrcoef(np.log(ranks), np.log(tail))[0, 1])


def _shares(counts: Counter[int], size: int) -> tuple[float, ...]:
    total = counts.total()
    return tuple(counts[index] / total for index in range(size))
