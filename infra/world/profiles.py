"""Households and their profiles: identity, tastes, habits and the times of their visits."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.catalog.titles import Floats, unit
from infra.world.names import COUNTRIES, DEVICES, GENRE_INDEX, GENRES, LANGUAGES, first_name
from infra.world.settings import PeopleSettings, WorldSettings
from shared.clock import DAY_MS, MINUTE_MS
from shared.ids import AccountId, ProfileId

KID_GENRES = tuple(
    GENRE_INDEX[name] for name in ("Family", "Animation", "Adventure", "Fantasy", "Comedy")
)
KID_AGE = 12
_TASTE_PERIOD_MS = 30 * DAY_MS

# Relative number of visits per local hour for four habits: evening, night, noon, and mornings and
# afternoons (also the habit of children).
_HABITS = np.array([
    [2, 1, 1, 0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 6, 8, 11, 14, 14, 11, 7, 4],
    [9, 6, 3, 1, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 5, 6, 8, 10, 12, 13, 12],
    [1, 0, 0, 0, 0, 0, 1, 3, 4, 6, 8, 10, 12, 11, 9, 8, 7, 6, 6, 7, 6, 4, 2, 1],
    [0, 0, 0, 0, 0, 1, 6, 9, 9, 8, 6, 4, 3, 3, 4, 8, 10, 11, 9, 5, 2, 1, 0, 0],
], dtype=float)  # fmt: skip
_HABIT_SHARES = (0.52, 0.20, 0.18, 0.10)
_KID_HABIT = 3
# Probability of each device (in the order of DEVICES) by day, in the evening, at night.
_DEVICE_HOURS = np.array(
    [[0.30, 0.35, 0.15, 0.20], [0.62, 0.15, 0.13, 0.10], [0.40, 0.30, 0.18, 0.12]]
)


@dataclass(frozen=True)
class SimulatedProfile:
    """One person. The arrays are hidden truth; the platform receives only the person's events."""

    number: int
    profile_id: ProfileId
    account_id: AccountId
    name: str
    country: int
    """Index into COUNTRIES."""
    utc_offset_min: int
    languages: tuple[str, ...]
    foreign: npt.NDArray[np.bool_]
    """Per language, whether it is missing from `languages`."""
    ceiling: int
    joined_ms: int
    tastes: Floats
    """(tastes, themes) unit vectors at `started_ms`."""
    weights: Floats
    """(tastes,) summing to 1."""
    wander: Floats
    """(tastes, themes) drift of each taste in thirty days."""
    started_ms: int
    """Time from which the drift is counted."""
    jump_ms: int | None
    jump_to: Floats
    """(themes,) the replacement of the first taste from `jump_ms` on."""
    visits_a_week: float
    hours: Floats
    """(24,) probability of each local hour."""
    devices: Floats
    """(3, devices) probability of each device by day, in the evening, at night."""
    patience: float
    """1 is average; 2 means twice the depth at the same probability."""
    newness: float
    artwork: float
    thumb: float
    search: float
    binge: float

    @property
    def is_kid(self) -> bool:
        """Whether this is a child's profile."""
        return self.ceiling <= KID_AGE

    def tastes_at(self, now_ms: int) -> Floats:
        """The tastes at a time: drift is linear, a jump replaces the first taste."""
        tastes = self.tastes + self.wander * ((now_ms - self.started_ms) / _TASTE_PERIOD_MS)
        if self.jump_ms is not None and now_ms >= self.jump_ms:
            tastes = tastes.copy()
            tastes[0] = self.jump_to
        return unit(tastes)

    def local_hour(self, now_ms: int) -> int:
        """Local hour of the day, 0 to 23."""
        return int((now_ms // MINUTE_MS + self.utc_offset_min) // 60 % 24)


def draw_profiles(
    settings: WorldSettings, now_ms: int, directions: Floats, seeds: list[np.random.SeedSequence]
) -> tuple[SimulatedProfile, ...]:
    """Draw households until there are enough profiles. Each profile has its own seed."""
    people = settings.people
    profiles: list[SimulatedProfile] = []
    household = 0
    while len(profiles) < settings.profiles:
        rng = np.random.default_rng(seeds[len(profiles)])
        size = 1 + int(rng.choice(4, p=people.household_sizes))
        country = int(rng.choice(len(COUNTRIES), p=[c.share for c in COUNTRIES]))
        has_kid = size > 1 and rng.random() < people.kid_share
        start = now_ms - settings.days * DAY_MS
        joined = (
            start + int(rng.random() * settings.days * DAY_MS)
            if rng.random() < people.joined_in_period
            else start
        )
        for member in range(min(size, settings.profiles - len(profiles))):
            number = len(profiles)
            profile_rng = rng if member == 0 else np.random.default_rng(seeds[number])
            ceiling = _ceiling(people, has_kid and member == size - 1, profile_rng)
            profiles.append(
                _profile(
                    settings,
                    number,
                    AccountId(f"a-{household:06d}"),
                    country,
                    ceiling,
                    joined,
                    directions,
                    profile_rng,
                )
            )
        household += 1
    return tuple(profiles)


def _ceiling(people: PeopleSettings, is_kid: bool, rng: np.random.Generator) -> int:
    if is_kid:
        return 7 if rng.random() < 0.5 else KID_AGE
    return 16 if rng.random() < people.teen_share else 18


def _profile(
    settings: WorldSettings,
    number: int,
    account_id: AccountId,
    country: int,
    ceiling: int,
    joined_ms: int,
    directions: Floats,
    rng: np.random.Generator,
) -> SimulatedProfile:
    people, home, is_kid = settings.people, COUNTRIES[country], ceiling <= KID_AGE
    pool = KID_GENRES if is_kid else tuple(range(len(GENRES)))
    count = min(1 + int(rng.choice(4, p=people.tastes)), len(pool))
    genres = rng.choice(pool, size=count + 1, replace=False)
    themes = directions.shape[1]
    noise = rng.normal(scale=people.taste_noise / np.sqrt(themes), size=(count + 1, themes))
    tastes = unit(directions[genres] + noise)
    languages = (
        home.languages[:1] if rng.random() < 0.5 else tuple(dict.fromkeys((*home.languages, "en")))
    )
    jumps = rng.random() < people.jump_share
    return SimulatedProfile(
        number=number,
        profile_id=ProfileId(f"p-{number:06d}"),
        account_id=account_id,
        name=first_name(rng),
        country=country,
        utc_offset_min=home.utc_offset_min,
        languages=languages,
        foreign=np.array([language not in languages for language in LANGUAGES]),
        ceiling=ceiling,
        joined_ms=joined_ms,
        tastes=tastes[:count],
        weights=rng.dirichlet([people.taste_concentration] * count).astype(np.float32),
        wander=people.drift * unit(rng.normal(size=(count, themes))),
        started_ms=joined_ms,
        jump_ms=joined_ms + int(rng.uniform(0.2, 0.8) * settings.days * DAY_MS) if jumps else None,
        jump_to=tastes[count],
        visits_a_week=min(
            people.activity_floor * (1 + rng.pareto(people.activity_exponent)), people.activity_cap
        ),
        hours=_hours(is_kid, rng),
        devices=_devices(rng),
        patience=float(np.exp(rng.normal(scale=0.35))),
        newness=float(rng.exponential(people.newness)),
        artwork=float(rng.exponential(people.artwork_sensitivity)),
        thumb=float(rng.beta(*people.thumb)),
        search=float(rng.beta(*people.search)),
        binge=float(rng.beta(*people.binge)),
    )


def _hours(is_kid: bool, rng: np.random.Generator) -> Floats:
    habit = _KID_HABIT if is_kid else int(rng.choice(len(_HABITS), p=_HABIT_SHARES))
    hours = (_HABITS[habit] + 0.2) * rng.gamma(4.0, 0.25, size=24)
    shares: Floats = (hours / hours.sum()).astype(np.float32)
    return shares


def _devices(rng: np.random.Generator) -> Floats:
    devices = _DEVICE_HOURS * rng.gamma(1.0, 1.0, size=len(DEVICES)) + 0.02
    shares: Floats = (devices / devices.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
