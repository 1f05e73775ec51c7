"""Every number of the make-believe service, in one place; the defaults are fitted to the moments
that the tests hold.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CatalogSettings:
    """How titles are made."""

    series_share: float = 0.38
    """Part of the titles that are series."""
    theme_noise: float = 0.8
    """How far a title's theme vector strays from the mix of its genres, before it is scaled to unit
    length.
    """
    popularity_exponent: float = 1.1
    """Base popularity of the title at rank r is proportional to r to the minus this."""
    popularity_quality: float = 0.65
    """Correlation between a title's place in the popularity ranking and its quality."""
    bait_tie: float = 0.7
    """For half of the titles, how strongly bait is tied (negatively) to quality; the other half is
    independent.
    """
    launched_in_period: float = 0.10
    """Part of the titles that launch within the history."""
    launched_later: float = 0.02
    """Part of the titles that launch after now, spread over `later_days`."""
    later_days: float = 14.0
    """How far ahead the launch calendar reaches."""
    back_years: float = 6.0
    """How long before the history the oldest title was launched on the service."""
    announce_days: float = 2.0
    """How long before its launch a title's record is published."""
    running_share: float = 0.35
    """Part of the series that are running: the newest season comes episode by episode around now."""
    episode_gap_days: float = 3.5
    """Days between two episodes of a running season."""
    everywhere_share: float = 0.78
    """Part of the titles licensed in every country without end."""
    expiring_share: float = 0.10
    """Part of the titles whose license ends, somewhere between the middle of the history and a
    month from now.
    """
    franchise_share: float = 0.06
    """Part of the titles that continue an earlier one under the same name."""
    english_share: float = 0.6
    """Part of the titles made in English; the rest is spread over the other languages."""


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """How households and their profiles are made."""

    household_sizes: tuple[float, ...] = (0.40, 0.30, 0.18, 0.12)
    """Probability of a household of 1, 2, 3, 4 profiles."""
    kid_share: float = 0.45
    """Probability that a household of two or more has one kid's profile, with a ceiling of 7 or 12."""
    teen_share: float = 0.10
    """Probability that a profile other than a kid's has a ceiling of 16 instead of 18."""
    tastes: tuple[float, ...] = (0.2, 0.35, 0.3, 0.15)
    """Probability of 1, 2, 3, 4 tastes."""
    taste_noise: float = 0.5
    """How far a taste strays from the genre it is drawn at, before it is scaled to unit length."""
    taste_concentration: float = 2.0
    """Dirichlet parameter of the tastes' weights."""
    drift: float = 0.15
    """How far a taste wanders in thirty days, in units of its own length."""
    jump_share: float = 0.12
    """Part of the profiles of which one taste is replaced by another at some moment of the history."""
    activity_exponent: float = 1.35
    """Visits a week follow a Pareto law with this exponent."""
    activity_floor: float = 2.4
    """Visits a week of the least active profiles."""
    activity_cap: float = 24.0
    """Visits a week that nobody exceeds."""
    joined_in_period: float = 0.12
    """Part of the households that joined within the history."""
    newness: float = 0.6
    """Mean (exponential) of the appetite for what has just been launched."""
    artwork_sensitivity: float = 0.3
    """Mean (exponential) of how much a picture's theme moves the choice."""
    thumb: tuple[float, float] = (1.2, 16.0)
    """Beta parameters of the probability of a thumb after a title."""
    search: tuple[float, float] = (1.6, 32.0)
    """Beta parameters of the probability that a visit begins with something heard of elsewhere."""
    binge: tuple[float, float] = (4.0, 3.0)
    """Beta parameters of the probability of going on to the next episode."""
    list_add: float = 0.03
    """Probability that a tile that was seen and liked, but not taken, is put on My List."""
    liked: float = 0.1
    """A tile counts as liked when it would be taken with more than this probability."""


@dataclass(frozen=True, slots=True)
class ChoiceSettings:
    """What makes a visitor take a tile, and be satisfied with it."""

    taste_sharpness: float = 9.0
    """Multiplies the product of taste and theme before the log-sum-exp over tastes."""
    take_base: float = -7.1
    """a: the logit of taking a tile that means nothing to the visitor."""
    quality_take: float = 0.45
    """α: what quality adds to utility."""
    bait_take: float = 0.75
    """β: what bait adds to the logit of taking."""
    satisfied_base: float = -1.6
    """c: the logit of being satisfied with a title that means nothing."""
    utility_satisfied: float = 0.45
    """How much of the utility counts for satisfaction."""
    quality_satisfied: float = 0.7
    """γ: what quality adds to the logit of satisfaction."""
    bait_satisfied: float = 0.9
    """δ: what bait takes from the logit of satisfaction."""
    continued_satisfied: float = 1.6
    """What is added for a title that satisfied the visitor before, when it is gone on with."""
    fatigue: float = 0.5
    """What each doubling of (1 + times shown in vain) takes from the logit of taking."""
    fatigue_half_life_days: float = 10.0
    """How soon showings are forgotten."""
    finished_penalty: float = 3.0
    """What is taken from the logit for a title already seen to its end."""
    abandoned_penalty: float = 2.5
    """What is taken from the logit for a title given up."""
    under_way_penalty: float = 2.0
    """What is taken from the logit for a title under way, from a visitor who did not come to go on
    with it.
    """
    foreign_penalty: float = 0.8
    """What is taken from utility for a title in a language that the profile does not name."""
    newness_days: float = 14.0
    """How soon the charm of a launch fades (exponentially)."""
    hour_weight: float = 0.5
    """How much the part of the day moves utility, by genre."""
    row_reach: tuple[tuple[str, float], ...] = (
        ("tv", 0.77),
        ("phone", 0.80),
        ("tablet", 0.78),
        ("web", 0.75),
    )
    """Per device, P(row m reached) is this to the power m (m counts rows below the billboard, from
    0).
    """
    column_reach: tuple[tuple[str, float], ...] = (
        ("tv", 0.83),
        ("phone", 0.71),
        ("tablet", 0.77),
        ("web", 0.81),
    )
    """Per device, P(column n seen | row reached) is this to the power n."""


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """When visitors come and what they want."""

    week: tuple[float, ...] = (0.85, 0.82, 0.85, 0.92, 1.15, 1.30, 1.25)
    """Relative number of visits from Monday to Sunday, local time."""
    season: float = 0.10
    """Half the swing of the yearly season, highest at the turn of the year."""
    continue_base: float = -2.0
    """Logit of coming to go on with something, when something unfinished exists."""
    continue_recency: float = 1.7
    """What is added when the unfinished title was played just now; fades with `continue_days`."""
    continue_days: float = 4.0
    """How soon the wish to go on fades (exponentially)."""
    continue_evening: float = 0.4
    """What is added between 18 and 24 o'clock."""
    continue_tv: float = 0.3
    """What is added on a television."""
    forget_days: float = 14.0
    """An unfinished title older than this is no longer wanted."""
    search_if_misplaced: float = 0.40
    """Probability that a visitor who cannot see what they want to go on with searches for it; the
    others leave.
    """
    search_if_nothing: float = 0.05
    """Probability that a visitor who took nothing searches for something; the others leave."""
    heard_popularity: float = 0.8
    """What is heard of elsewhere: base popularity to this power …"""
    heard_utility: float = 0.5
    """… times the exponential of this times the utility."""


@dataclass(frozen=True, slots=True)
class WatchingSettings:
    """What happens between the first frame and the last."""

    heartbeat_s: int = 300
    """Seconds watched between two progress events."""
    credits_share: float = 0.03
    """The last part of a runtime is credits; reaching them completes a play."""
    budget_min: tuple[tuple[str, float], ...] = (
        ("tv", 85.0),
        ("phone", 30.0),
        ("tablet", 50.0),
        ("web", 55.0),
    )
    """Median minutes that a visitor has, per device."""
    budget_spread: float = 0.5
    """Standard deviation of the logarithm of the minutes."""
    film_patience: float = 1.5
    """Who starts a film has this many times the minutes."""
    disliked: tuple[float, float] = (1.2, 6.0)
    """Beta parameters of the part that is watched before an unsatisfied visitor gives up."""
    pause_share: float = 0.10
    """Probability of one pause in a play."""
    seek_share: float = 0.06
    """Probability of one seek back by half a minute in a play."""
    thumb_fidelity: float = 0.92
    """Probability that a thumb's sign is that of the satisfaction."""
    two_thumbs: float = 0.15
    """Part of the thumbs up that are double."""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The page that made the history: popularity with noise, every draw's probability known."""

    name: str = "noise-1"
    """Goes into every served page and token."""
    genre_rows: int = 3
    """Rows of one genre each."""
    columns: int = 8
    """Tiles in a row."""
    sharpness: float = 0.55
    """A title's weight is (plays of the last days + prior) to this power: 0 would be uniform, large
    would be greedy.
    """
    memory_days: float = 7.0
    """Half-life of the plays that make popularity."""
    prior_plays: float = 60.0
    """Plays that base popularity counts for, before any were seen, spread over the catalog."""
    floor_plays: float = 0.02
    """Plays that every title counts for, so that every probability is above zero."""
    new_days: float = 30.0
    """Age up to which a title stands in the row of new titles."""
    continue_tiles: int = 6
    """Longest continue-watching row."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """A whole world: its size, its seed and the numbers of its parts."""

    titles: int = 800
    """How many titles."""
    profiles: int = 600
    """How many profiles; the last household is cut to fit."""
    days: int = 30
    """Length of the history, up to now."""
    seed: int = 7
    """Everything is drawn from it."""
    catalog: CatalogSettings = field(default_factory=CatalogSettings)
    """Titles."""
    people: PeopleSettings = field(default_factory=PeopleSettings)
    """Profiles."""
    choice: ChoiceSettings = field(default_factory=ChoiceSettings)
    """Choices."""
    visits: VisitSettings = field(default_factory=VisitSettings)
    """Visits."""
    watching: WatchingSettings = field(default_factory=WatchingSettings)
    """Watching."""
    policy: PolicySettings = field(default_factory=PolicySettings)
    """The logging policy."""
