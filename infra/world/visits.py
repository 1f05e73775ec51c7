"""A visit: when somebody comes, what they want, how far they look, what they take."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.behavior import Behavior, Examination, Grid, Outlook, VisitContext
from infra.world.profiles import Memory, Profile
from infra.world.settings import WorldSettings
from infra.world.titles import Flags, Titles
from infra.world.watching import Said, Sitting, Watching
from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.envelope import Device, Origin
from shared.events.exposures import Impression
from shared.events.feedback import ListChange
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import PageId, VisitId

_YEAR_MS = 365.25 * DAY_MS
_RESULTS = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A page before somebody's eyes; `tokens` has one entry per tile."""

    page_id: PageId
    grid: Grid
    tokens: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a visitor took, whether from the page (or by search), and whether it was liked, which
    nobody outside is told.
    """

    title: int
    from_page: bool
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of a visit: everything said, in time order, and what was taken, if anything."""

    visit_id: VisitId
    context: VisitContext
    said: list[Said]
    taken: Taken | None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the steps of one visit share."""

    visit_id: VisitId
    profile: Profile
    memory: Memory
    context: VisitContext
    outlook: Outlook
    rng: np.random.Generator
    said: list[Said]


class Visits:
    """Draws visits; the only state it touches is the memory that it is handed."""

    def __init__(self, settings: WorldSettings, titles: Titles, behavior: Behavior) -> None:
        self._settings = settings.visits
        self._choice = settings.choice
        self._people = settings.people
        self._titles = titles
        self._behavior = behavior
        self._watching = Watching(settings.watching, titles)
        week = np.array(settings.visits.week)
        self._week = week / week.mean()

    def arrivals(
        self, profile: Profile, start_ms: int, hours: int, rng: np.random.Generator
    ) -> list[int]:
        """Times of coming within these hours: a Poisson process whose rate follows the local hour,
        the weekday and the season.
        """
        local_ms = start_ms + np.arange(hours) * HOUR_MS + profile.utc_offset_min * MINUTE_MS
        # 1 January 1970 was a Thursday; the week here begins on Monday.
        weekday, hour = (local_ms // DAY_MS + 3) % 7, local_ms // HOUR_MS % 24
        season = 1 + self._settings.season * np.cos(2 * np.pi * (start_ms % _YEAR_MS) / _YEAR_MS)
        rate = profile.visits_a_week / 7 * season * self._week[weekday] * profile.hours[hour]
        reached = np.cumsum(rate)
        count = rng.poisson(reached[-1])
        if count == 0:
            return []
        hours_in = np.searchsorted(reached, rng.random(count) * reached[-1])
        times = start_ms + ((hours_in + rng.random(count)) * HOUR_MS).astype(np.int64)
        return sorted(times.tolist())

    def device(self, profile: Profile, now_ms: int, rng: np.random.Generator) -> Device:
        """The device for this hour."""
        hour = profile.local_hour(now_ms)
        period = 0 if 6 <= hour < 18 else 1 if 18 <= hour < 23 else 2
        device: Device = ("tv", "phone", "tablet", "web")[
            int(np.searchsorted(np.cumsum(profile.devices[period]), rng.random()).clip(0, 3))
        ]
        return device

    def visit(
        self,
        profile: Profile,
        memory: Memory,
        context: VisitContext,
        page: Shown,
        visit_id: VisitId,
        rng: np.random.Generator,
    ) -> Visit:
        """Look at a page and act; the visitor takes one title at most."""
        memory.fade(context.now_ms, self._choice.fatigue_half_life_days * DAY_MS)
        memory.visits += 1
        memory.busy_until_ms = max(memory.busy_until_ms, context.now_ms + MINUTE_MS)
        scene = _Scene(
            visit_id,
            profile,
            memory,
            context,
            self._behavior.outlook(profile, memory, context),
            rng,
            [],
        )
        wanted = self._behavior.wanted(memory, context.now_ms)
        if rng.random() < profile.search:
            taken = self._hear_and_search(scene)
        elif rng.random() < self._behavior.continue_probability(profile, memory, wanted, context):
            taken = self._go_on(scene, page, wanted)
        else:
            taken = self._discover(scene, page)
        scene.said.sort(key=lambda said: said.time_ms)
        return Visit(visit_id, context, scene.said, taken)

    def _discover(self, scene: _Scene, page: Shown) -> Taken | None:
        take = self._behavior.take_probability(
            scene.profile, scene.outlook, page.grid, scene.context.now_ms
        )
        tile = self._look(scene, page, take)
        if tile is not None:
            return self._take(scene, page, tile)
        return (
            self._hear_and_search(scene)
            if scene.rng.random() < self._settings.search_if_nothing
            else None
        )

    def _go_on(self, scene: _Scene, page: Shown, wanted: dict[int, float]) -> Taken | None:
        chances = np.array(list(wanted.values()))
        title = list(wanted)[
            int(np.searchsorted(np.cumsum(chances), scene.rng.random()).clip(0, len(chances) - 1))
        ]
        tile = self._look(scene, page, (page.grid.title == title).astype(np.float32))
        if tile is not None:
            return self._take(scene, page, tile)
        return (
            self._search(scene, title)
            if scene.rng.random() < self._settings.search_if_misplaced
            else None
        )

    def _look(self, scene: _Scene, page: Shown, take: npt.NDArray[np.float32]) -> int | None:
        """Let the eyes go over the page; says the impressions and returns the tile that is taken."""
        grid, rng, now = page.grid, scene.rng, scene.context.now_ms
        seen = eyes(
            grid, self._behavior.examination(scene.context.device, scene.profile.patience), rng
        )
        wants = np.flatnonzero(seen & (rng.random(len(take)) < take))
        taken = int(wants[0]) if len(wants) else None
        looked = np.flatnonzero(seen if taken is None else seen & (np.arange(len(take)) <= taken))
        dwell = (200 + rng.exponential(900, size=len(looked))).astype(np.int64)
        moments = now + 1500 + np.cumsum(dwell)
        for tile, time_ms, visible in zip(
            looked.tolist(), moments.tolist(), dwell.tolist(), strict=True
        ):
            if grid.title[tile] >= 0:
                scene.said.append(
                    Said(
                        time_ms,
                        self._impression(page, tile, visible),
                        None,
                        self._origin(page, tile),
                    )
                )
        passed = grid.title[looked if taken is None else looked[:-1]]
        passed = passed[passed >= 0]
        scene.memory.shown[passed] += 1
        self._list(scene, grid, looked, take)
        return taken

    def _impression(self, page: Shown, tile: int, visible_ms: int) -> Impression:
        grid = page.grid
        return Impression(
            page_id=page.page_id,
            title_id=self._titles.catalog[grid.title[tile]].title_id,
            row=int(grid.row[tile]),
            column=int(grid.column[tile]),
            visible_ms=visible_ms,
        )

    def _list(
        self,
        scene: _Scene,
        grid: Grid,
        looked: npt.NDArray[np.int64],
        take: npt.NDArray[np.float32],
    ) -> None:
        for tile in looked[(take[looked] > self._people.liked) & (take[looked] < 1)].tolist():
            title = int(grid.title[tile])
            if title not in scene.memory.listed and scene.rng.random() < self._people.list_add:
                scene.memory.listed.add(title)
                body = ListChange(title_id=self._titles.catalog[title].title_id, on_list=True)
                scene.said.append(Said(scene.context.now_ms + 1_000, body))

    def _take(self, scene: _Scene, page: Shown, tile: int) -> Taken:
        title = int(page.grid.title[tile])
        return Taken(title, True, self._watch(scene, title, self._origin(page, tile)))

    def _origin(self, page: Shown, tile: int) -> Origin:
        return Origin(
            "home",
            page.page_id,
            int(page.grid.row[tile]),
            int(page.grid.column[tile]),
            page.tokens[tile],
        )

    def _watch(self, scene: _Scene, title: int, origin: Origin) -> bool:
        """Watch, and say so; returns whether it was liked."""
        last = max((said.time_ms for said in scene.said), default=scene.context.now_ms)
        satisfied = bool(
            scene.rng.random() < self._behavior.satisfaction(scene.outlook, scene.memory, title)
        )
        sitting = Sitting(
            profile=scene.profile,
            memory=scene.memory,
            title=title,
            satisfied=satisfied,
            start_ms=last + 2_000,
            budget_s=self._watching.budget_s(scene.context.device, title, scene.rng),
            play_prefix=f"y-{scene.visit_id[2:]}",
            origin=origin,
        )
        scene.said.extend(self._watching.watch(sitting, scene.rng))
        return satisfied

    def _hear_and_search(self, scene: _Scene) -> Taken | None:
        """Something was heard of elsewhere: the likelier, the more it is talked about and the
        better it suits.
        """
        allowed = self._eligible(scene)
        if not allowed.any():
            return None
        settings = self._settings
        appeal = (
            settings.heard_popularity * np.log(self._titles.popularity)
            + settings.heard_utility * scene.outlook.utility
        )
        appeal = np.where(allowed, appeal + scene.rng.gumbel(size=len(appeal)), -np.inf)
        return self._search(scene, int(appeal.argmax()))

    def _eligible(self, scene: _Scene) -> Flags:
        return self._titles.eligible(
            scene.profile.country, scene.profile.ceiling, scene.context.now_ms
        )

    def _search(self, scene: _Scene, title: int) -> Taken | None:
        """Type the beginning of a name and open the title; nothing happens when it may not be
        shown.
        """
        allowed = self._eligible(scene)
        if not allowed[title]:
            return None
        target = self._titles.catalog[title]
        typed = target.name.lower()[: int(scene.rng.integers(3, 3 + len(target.name)))].strip()
        others = scene.rng.choice(np.flatnonzero(allowed), size=_RESULTS - 1)
        results = list(
            dict.fromkeys(
                self._titles.catalog[other].title_id for other in others if other != title
            )
        )
        rank = min(int(scene.rng.geometric(0.7)) - 1, len(results))
        results.insert(rank, target.title_id)
        now = max((said.time_ms for said in scene.said), default=scene.context.now_ms) + 4_000
        scene.said.append(Said(now, SearchPerformed(query=typed, results=tuple(results))))
        scene.said.append(
            Said(now + 2_000, SearchSelected(query=typed, title_id=target.title_id, rank=rank))
        )
        return Taken(title, False, self._watch(scene, title, Origin("search")))


def eyes(grid: Grid, examination: Examination, rng: np.random.Generator) -> Flags:
    """Which tiles are seen: one draw says how deep, one draw per row how far to the right."""
    depth, right = rng.random(), rng.random(len(grid.kinds))
    reached = depth < examination.row_reach(grid)
    seen: Flags = reached[grid.row] & (right[grid.row] < examination.column_reach(grid))
    return seen
