"""Simulated visits: arrival, device, seen tiles, and the played title."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from infra.world.behavior import Behavior, Examination, Grid, TitleLogits, VisitContext
from infra.world.catalog.titles import Flags, Titles
from infra.world.memory import Memory
from infra.world.profiles import SimulatedProfile
from infra.world.settings import WorldSettings
from infra.world.viewing import EventDraft, Viewing, ViewingSimulator
from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.envelope import Device, Origin
from shared.events.exposures import Impression
from shared.events.feedback import ListChange
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import PageId, VisitId

_YEAR_MS: Final = 365.25 * DAY_MS
_SEARCH_RESULTS: Final = 5
_DEVICES: Final[tuple[Device, ...]] = ("tv", "phone", "tablet", "web")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """The page of a visit; `tokens` has one entry per tile."""

    page_id: PageId
    grid: Grid
    tokens: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ChosenTitle:
    """The title that a visitor played.

    `satisfied` is part of the world's truth: no event contains it.
    """

    title: int
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """The result of a visit: its events in time order, and the chosen title, if any."""

    visit_id: VisitId
    context: VisitContext
    events: list[EventDraft]
    choice: ChosenTitle | None


@dataclass(frozen=True, slots=True)
class _VisitState:
    """State that the steps of one visit share."""

    visit_id: VisitId
    profile: SimulatedProfile
    memory: Memory
    context: VisitContext
    logits: TitleLogits
    rng: np.random.Generator
    events: list[EventDraft]

    @property
    def last_event_ms(self) -> int:
        """Time of the last event so far, or the start of the visit."""
        return max((event.time_ms for event in self.events), default=self.context.now_ms)


class VisitSimulator:
    """Draws visits. The memory that is passed in is the only state that changes."""

    def __init__(self, settings: WorldSettings, titles: Titles, behavior: Behavior) -> None:
        self._settings = settings.visits
        self._choice = settings.choice
        self._people = settings.people
        self._titles = titles
        self._behavior = behavior
        self._viewings = ViewingSimulator(settings.viewing, titles)
        week = np.array(settings.visits.week)
        self._week = week / week.mean()

    def arrivals(
        self, profile: SimulatedProfile, start_ms: int, hours: int, rng: np.random.Generator
    ) -> list[int]:
        """Draw the start times of visits within these hours, in ascending order.

        Arrivals are a Poisson process. Its rate depends on the local hour, the weekday and the
        season.
        """
        local_ms = start_ms + np.arange(hours) * HOUR_MS + profile.utc_offset_min * MINUTE_MS
        # 1 January 1970 was a Thursday; weekday 0 is Monday.
        weekday, hour = (local_ms // DAY_MS + 3) % 7, local_ms // HOUR_MS % 24
        season = 1 + self._settings.season * np.cos(2 * np.pi * (start_ms % _YEAR_MS) / _YEAR_MS)
        rate = profile.visits_a_week / 7 * season * self._week[weekday] * profile.hours[hour]
        cumulative = np.cumsum(rate)
        count = rng.poisson(cumulative[-1])
        if count == 0:
            return []
        hour_index = np.searchsorted(cumulative, rng.random(count) * cumulative[-1])
        times = start_ms + ((hour_index + rng.random(count)) * HOUR_MS).astype(np.int64)
        return sorted(times.tolist())

    def device(self, profile: SimulatedProfile, now_ms: int, rng: np.random.Generator) -> Device:
        """Draw a device by the local hour."""
        hour = profile.local_hour(now_ms)
        period = 0 if 6 <= hour < 18 else 1 if 18 <= hour < 23 else 2
        cumulative = np.cumsum(profile.devices[period])
        return _DEVICES[int(np.searchsorted(cumulative, rng.random()).clip(0, 3))]

    def visit(
        self,
        profile: SimulatedProfile,
        memory: Memory,
        context: VisitContext,
        page: ShownPage,
        visit_id: VisitId,
        rng: np.random.Generator,
    ) -> Visit:
        """Draw one visit: the visitor looks at the page and plays at most one title."""
        memory.decay(context.now_ms, self._choice.fatigue_half_life_days * DAY_MS)
        memory.visits += 1
        memory.busy_until_ms = max(memory.busy_until_ms, context.now_ms + MINUTE_MS)
        logits = self._behavior.logits(profile, memory, context)
        state = _VisitState(visit_id, profile, memory, context, logits, rng, [])
        resumable = self._behavior.resume_probabilities(memory, context.now_ms)
        if rng.random() < profile.search:
            choice = self._search_for_something(state)
        elif rng.random() < self._behavior.resume_intent(profile, memory, resumable, context):
            choice = self._resume(state, page, resumable)
        else:
            choice = self._discover(state, page)
        state.events.sort(key=lambda event: event.time_ms)
        return Visit(visit_id, context, state.events, choice)

    def _discover(self, state: _VisitState, page: ShownPage) -> ChosenTitle | None:
        take = self._behavior.take_probability(
            state.profile, state.logits, page.grid, state.context.now_ms
        )
        tile = self._look(state, page, take)
        if tile is not None:
            return self._play_tile(state, page, tile)
        if state.rng.random() < self._settings.search_if_nothing:
            return self._search_for_something(state)
        return None

    def _resume(
        self, state: _VisitState, page: ShownPage, resumable: dict[int, float]
    ) -> ChosenTitle | None:
        cumulative = np.cumsum(list(resumable.values()))
        index = int(np.searchsorted(cumulative, state.rng.random()).clip(0, len(resumable) - 1))
        title = list(resumable)[index]
        tile = self._look(state, page, (page.grid.title == title).astype(np.float32))
        if tile is not None:
            return self._play_tile(state, page, tile)
        if state.rng.random() < self._settings.search_if_misplaced:
            return self._search(state, title)
        return None

    def _look(
        self, state: _VisitState, page: ShownPage, take: npt.NDArray[np.float32]
    ) -> int | None:
        """Report the impressions up to the taken tile; return that tile, or None.

        `take` is the probability per tile that it is taken when it is seen.
        """
        grid, rng = page.grid, state.rng
        examination = self._behavior.examination(state.context.device, state.profile.patience)
        seen = draw_seen_tiles(grid, examination, rng)
        taken_tiles = np.flatnonzero(seen & (rng.random(len(take)) < take))
        taken_tile = int(taken_tiles[0]) if len(taken_tiles) else None
        looked_at = np.flatnonzero(
            seen if taken_tile is None else seen & (np.arange(len(take)) <= taken_tile)
        )
        self._report_impressions(state, page, looked_at)
        passed = grid.title[looked_at if taken_tile is None else looked_at[:-1]]
        state.memory.times_shown[passed[passed >= 0]] += 1
        self._add_to_list(state, grid, looked_at, take)
        return taken_tile

    def _report_impressions(
        self, state: _VisitState, page: ShownPage, tiles: npt.NDArray[np.int64]
    ) -> None:
        visible_ms = (200 + state.rng.exponential(900, size=len(tiles))).astype(np.int64)
        times_ms = state.context.now_ms + 1500 + np.cumsum(visible_ms)
        for tile, time_ms, visible in zip(
            tiles.tolist(), times_ms.tolist(), visible_ms.tolist(), strict=True
        ):
            if page.grid.title[tile] >= 0:
                impression = self._impression(page, tile, visible)
                state.events.append(EventDraft(time_ms, impression, None, self._origin(page, tile)))

    def _impression(self, page: ShownPage, tile: int, visible_ms: int) -> Impression:
        grid = page.grid
        return Impression(
            page_id=page.page_id,
            title_id=self._titles.catalog[grid.title[tile]].title_id,
            row=int(grid.row[tile]),
            column=int(grid.column[tile]),
            visible_ms=visible_ms,
        )

    def _add_to_list(
        self,
        state: _VisitState,
        grid: Grid,
        looked_at: npt.NDArray[np.int64],
        take: npt.NDArray[np.float32],
    ) -> None:
        """Put attractive tiles that were seen on My List, each with a small probability."""
        is_attractive = (take[looked_at] > self._people.list_from) & (take[looked_at] < 1)
        for tile in looked_at[is_attractive].tolist():
            title = int(grid.title[tile])
            if title not in state.memory.my_list and state.rng.random() < self._people.list_add:
                state.memory.my_list.add(title)
                body = ListChange(title_id=self._titles.catalog[title].title_id, on_list=True)
                state.events.append(EventDraft(state.context.now_ms + 1_000, body))

    def _play_tile(self, state: _VisitState, page: ShownPage, tile: int) -> ChosenTitle:
        title = int(page.grid.title[tile])
        satisfied = self._play(state, title, self._origin(page, tile))
        return ChosenTitle(title, satisfied)

    def _origin(self, page: ShownPage, tile: int) -> Origin:
        return Origin(
            "home",
            page.page_id,
            int(page.grid.row[tile]),
            int(page.grid.column[tile]),
            page.tokens[tile],
        )

    def _play(self, state: _VisitState, title: int, origin: Origin) -> bool:
        """Report a viewing of the title; return whether it satisfied."""
        start_ms = state.last_event_ms + 2_000
        probability = self._behavior.satisfaction(state.logits, title)
        satisfied = bool(state.rng.random() < probability)
        viewing = Viewing(
            profile=state.profile,
            memory=state.memory,
            title=title,
            satisfied=satisfied,
            start_ms=start_ms,
            budget_s=self._viewings.budget_s(state.context.device, title, state.rng),
            play_id_prefix=f"y-{state.visit_id[2:]}",
            origin=origin,
        )
        state.events.extend(self._viewings.watch(viewing, state.rng))
        return satisfied

    def _search_for_something(self, state: _VisitState) -> ChosenTitle | None:
        """Search for a title from outside the page, drawn by popularity and utility."""
        allowed = self._eligible(state)
        if not allowed.any():
            return None
        settings = self._settings
        appeal = (
            settings.heard_popularity * np.log(self._titles.popularity)
            + settings.heard_utility * state.logits.utility
        )
        appeal = np.where(allowed, appeal + state.rng.gumbel(size=len(appeal)), -np.inf)
        return self._search(state, int(appeal.argmax()))

    def _eligible(self, state: _VisitState) -> Flags:
        return self._titles.eligible(
            state.profile.country, state.profile.ceiling, state.context.now_ms
        )

    def _search(self, state: _VisitState, title: int) -> ChosenTitle | None:
        """Search for the first letters of a title's name and play it; None if not eligible."""
        allowed = self._eligible(state)
        if not allowed[title]:
            return None
        target = self._titles.catalog[title]
        query = target.name.lower()[: int(state.rng.integers(3, 3 + len(target.name)))].strip()
        fillers = state.rng.choice(np.flatnonzero(allowed), size=_SEARCH_RESULTS - 1)
        result_ids = [
            self._titles.catalog[number].title_id for number in fillers if number != title
        ]
        results = list(dict.fromkeys(result_ids))
        rank = min(int(state.rng.geometric(0.7)) - 1, len(results))
        results.insert(rank, target.title_id)
        now_ms = state.last_event_ms + 4_000
        performed = SearchPerformed(query=query, results=tuple(results))
        selected = SearchSelected(query=query, title_id=target.title_id, rank=rank)
        state.events.append(EventDraft(now_ms, performed))
        state.events.append(EventDraft(now_ms + 2_000, selected))
        satisfied = self._play(state, title, Origin("search"))
        return ChosenTitle(title, satisfied)


def draw_seen_tiles(grid: Grid, examination: Examination, rng: np.random.Generator) -> Flags:
    """Draw which tiles are seen: one uniform number for the depth, one per row for the columns."""
    depth, right = rng.random(), rng.random(len(grid.kinds))
    reached = depth < examination.row_reach(grid)
    seen: Flags = reached[grid.row] & (right[grid.row] < examination.column_reach(grid))
    return seen
