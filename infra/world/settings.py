"""Every number of the simulated service. The defaults are fitted to `tests/world/test_moments.py`.

All values are properties of the world's titles and people. Product rules (started, finished, new,
dormant) are in `shared/rules/watching.py`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CatalogSettings:
    """How titles are drawn."""

    series_share: float = 0.38
    """Share of the titles that are series."""
    theme_noise: float = 0.8
    """Length of the noise added to the mix of a title's genres before scaling to unit length."""
    popularity_exponent: float = 1.1
    """Base popularity at rank r is proportional to r to the power of minus this."""
    popularity_quality: float = 0.65
    """Correlation between the score of the popularity ranking and the quality."""
    bait_tie: float = 0.7
    """Negative correlation of bait and quality for half of the titles; 0 for the other half."""
    launched_in_period: float = 0.10
    """Share of the titles that launch within the history."""
    launched_later: float = 0.02
    """Share of the titles that launch after now, within `later_days`."""
    later_days: float = 14.0
    """Length of the launch calendar after now."""
    back_years: float = 6.0
    """Age of the oldest launch at the start of the history."""
    announce_days: float = 2.0
    """Days from the publication of a title's record to its launch."""
    running_share: float = 0.35
    """Share of the series with a newest season that is released episode by episode."""
    episode_gap_days: float = 3.5
    """Days between two episodes of a running season."""
    everywhere_share: float = 0.78
    """Share of the titles with a license in every country and without end."""
    expiring_share: float = 0.10
    """Share of the titles with a license that ends between mid-history and in a month."""
    franchise_share: float = 0.06
    """Share of the titles that are sequels of an earlier title."""
    english_share: float = 0.6
    """Share of the titles in English; the other languages share the rest equally."""


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """How households and their profiles are drawn."""

    household_sizes: tuple[float, ...] = (0.40, 0.30, 0.18, 0.12)
    """Probability of a household of 1, 2, 3, 4 profiles."""
    kid_share: float = 0.45
    """Probability that a household of two or more has a child's profile (ceiling 7 or 12)."""
    teen_share: float = 0.10
    """Probability that any other profile has a ceiling of 16 instead of 18."""
    tastes: tuple[float, ...] = (0.2, 0.35, 0.3, 0.15)
    """Probability of 1, 2, 3, 4 tastes."""
    taste_noise: float = 0.5
    """Length of the noise added to the genre of a taste before scaling to unit length."""
    taste_concentration: float = 2.0
    """Dirichlet parameter of the weights of the tastes."""
    drift: float = 0.15
    """Drift of a taste in thirty days, in units of its length."""
    jump_share: float = 0.12
    """Share of the profiles that replace one taste at some time of the history."""
    activity_exponent: float = 1.35
    """Visits a week follow a Pareto law with this exponent."""
    activity_floor: float = 2.4
    """Visits a week of the least active profiles."""
    activity_cap: float = 24.0
    """Upper bound of the visits a week."""
    joined_in_period: float = 0.12
    """Share of the households that joined within the history."""
    newness: float = 0.6
    """Mean of the (exponential) preference for recent launches."""
    artwork_sensitivity: float = 0.3
    """Mean of the (exponential) weight of the artwork's theme in a choice."""
    thumb: tuple[float, float] = (1.2, 16.0)
    """Beta parameters of the probability of a thumb after a viewing."""
    search: tuple[float, float] = (1.6, 32.0)
    """Beta parameters of the probability that a visit begins with a search."""
    binge: tuple[float, float] = (4.0, 3.0)
    """Beta parameters of the probability of starting the next episode."""
    list_add: float = 0.03
    """Probability that an attractive tile that was seen, but not taken, is put on My List."""
    list_from: float = 0.1
    """A tile is attractive when its take probability is higher than this."""


@dataclass(frozen=True, slots=True)
class ChoiceSettings:
    """The terms of the logits of taking a tile and of satisfaction."""

    taste_sharpness: float = 9.0
    """Factor of the product of taste and theme before the log-sum-exp over tastes."""
    take_base: float = -7.1
    """a: the logit of taking a tile with zero utility."""
    quality_take: float = 0.45
    """α: the weight of quality in the utility."""
    bait_take: float = 0.75
    """β: the weight of bait in the logit of taking."""
    satisfied_base: float = -1.6
    """c: the logit of satisfaction at zero utility."""
    utility_satisfied: float = 0.45
    """The weight of the utility in the logit of satisfaction."""
    quality_satisfied: float = 0.7
    """γ: the weight of quality in the logit of satisfaction."""
    bait_satisfied: float = 0.9
    """δ: the weight of bait that is subtracted from the logit of satisfaction."""
    resumed_satisfied: float = 1.6
    """Added to the logit of satisfaction for a resumed title that satisfied before."""
    fatigue: float = 0.5
    """Subtracted from the logit of taking per doubling of (1 + times shown and passed over)."""
    fatigue_half_life_days: float = 10.0
    """Half-life of the times shown."""
    finished_penalty: float = 3.0
    """Subtracted from the logit of taking for a finished title."""
    given_up_penalty: float = 2.5
    """Subtracted from the logit of taking for a title with a last play that did not satisfy."""
    unfinished_penalty: float = 2.0
    """Subtracted from the logit of taking for an unfinished title, on a visit to discover."""
    foreign_penalty: float = 0.8
    """Subtracted from the utility of a title in a language that the profile lacks."""
    newness_days: float = 14.0
    """Time constant of the exponential decay of the preference for a launch."""
    hour_weight: float = 0.5
    """The weight in the utility of the genres' fit to the part of the day."""
    row_reach: tuple[tuple[str, float], ...] = (
        ("tv", 0.77),
        ("phone", 0.80),
        ("tablet", 0.78),
        ("web", 0.75),
    )
    """Per device, P(row m reached) is this to the power m; m = 0 is the first ordinary row."""
    column_reach: tuple[tuple[str, float], ...] = (
        ("tv", 0.83),
        ("phone", 0.71),
        ("tablet", 0.77),
        ("web", 0.81),
    )
    """Per device, P(column n seen | row reached) is this to the power n."""


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """When visits happen, and with which intent."""

    week: tuple[float, ...] = (0.85, 0.82, 0.85, 0.92, 1.15, 1.30, 1.25)
    """Relative number of visits from Monday to Sunday, local time."""
    season: float = 0.10
    """Amplitude of the yearly season, which peaks at the turn of the year."""
    continue_base: float = -2.0
    """Logit of the intent to resume a title, if an unfinished one exists."""
    continue_recency: float = 1.7
    """Added when the unfinished title was just played; decays with `continue_days`."""
    continue_days: float = 4.0
    """Time constant of the exponential decay of the intent to resume."""
    continue_evening: float = 0.4
    """Added between 18:00 and 24:00."""
    continue_tv: float = 0.3
    """Added on a television."""
    forget_days: float = 14.0
    """People do not resume a title that they played longer ago than this.

    A property of people; `DORMANT_DAYS` limits how long the product offers a title.
    """
    search_if_misplaced: float = 0.40
    """Probability of a search when the title to resume was not seen; otherwise the visit ends."""
    search_if_nothing: float = 0.05
    """Probability of a search when no tile was taken; otherwise the visit ends."""
    heard_popularity: float = 0.8
    """A searched title is drawn in proportion to base popularity to this power …"""
    heard_utility: float = 0.5
    """… times the exponential of this times the utility."""


@dataclass(frozen=True, slots=True)
class ViewingSettings:
    """How a viewing is drawn."""

    heartbeat_s: int = 300
    """Seconds watched between two progress events."""
    credits_share: float = 0.03
    """Share of a runtime that is credits. Satisfied visitors with enough time stop within them.

    A property of runtimes. Players report `play.completed` by the product rules.
    """
    budget_min: tuple[tuple[str, float], ...] = (
        ("tv", 85.0),
        ("phone", 30.0),
        ("tablet", 50.0),
        ("web", 55.0),
    )
    """Median minutes that a visitor has, per device."""
    budget_spread: float = 0.5
    """Standard deviation of the logarithm of the minutes."""
    film_budget_factor: float = 1.5
    """Visitors who start a film have this many times the minutes."""
    disliked: tuple[float, float] = (1.2, 6.0)
    """Beta parameters of the share that an unsatisfied visitor watches."""
    pause_share: float = 0.10
    """Probability of one pause in a play."""
    seek_share: float = 0.06
    """Probability of one seek back by half a minute in a play."""
    thumb_fidelity: float = 0.92
    """Probability that the sign of a thumb agrees with the satisfaction."""
    two_thumbs: float = 0.15
    """Share of the thumbs up that are double."""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The policy that serves the pages of the history: popularity with noise."""

    name: str = "noise-1"
    """Policy name in every served page and token."""
    genre_rows: int = 3
    """Number of rows with one genre each."""
    columns: int = 8
    """Tiles in a row."""
    sharpness: float = 0.55
    """A title's weight is (recent plays + prior) to this power; 0 is uniform, ∞ is greedy."""
    half_life_days: float = 7.0
    """Half-life of the plays that count as recent."""
    prior_plays: float = 60.0
    """Total of the initial play counts, spread over the catalog by base popularity."""
    floor_plays: float = 0.02
    """Added to every title's play count, so that every propensity is above zero."""
    continue_tiles: int = 6
    """Maximum length of the continue-watching row."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """A whole world: its size, its seed and the settings of its parts."""

    titles: int = 800
    """Number of titles."""
    profiles: int = 600
    """Number of profiles; the last household is cut to fit."""
    days: int = 30
    """Length of the history, which ends now."""
    seed: int = 7
    """Seed of every draw."""
    catalog: CatalogSettings = field(default_factory=CatalogSettings)
    """Titles."""
    people: PeopleSettings = field(default_factory=PeopleSettings)
    """Profiles."""
    choice: ChoiceSettings = field(default_factory=ChoiceSettings)
    """Choices."""
    visits: VisitSettings = field(default_factory=VisitSettings)
    """Visits."""
    viewing: ViewingSettings = field(default_factory=ViewingSettings)
    """Viewings."""
    policy: PolicySettings = field(default_factory=PolicySettings)
    """The logging policy."""
