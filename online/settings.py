"""What an operator may tune in the online tier; values are starting points, each documented in
place.
"""

from dataclasses import dataclass, field

from shared.ids import MAIN_ARM


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each awaited step may take, in milliseconds; what misses its deadline counts as
    missing and is reported.
    """

    queue_ms: int = 100
    """Waiting for the pages before it; a page that would wait longer is answered at once from
    memory.
    """
    digest_ms: int = 60
    """Read the profile's digest and vector."""
    exposures_ms: int = 40
    """Read how often titles were seen."""
    candidates_ms: int = 60
    """Read the precomputed rows, where this replica does not hold them already."""
    store_page_ms: int = 1_000
    """Writing the laid-out page for the other replicas, behind the answer."""
    events_ms: int = 5_000
    """Waiting until the log has acknowledged a batch of events."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """How a title's chance of a good play is put together: a logistic function of a weighted sum."""

    intercept: float = -5.2
    """Log-odds for a title that nobody watches and that fits this profile like any other."""
    affinity: float = 0.9
    """Per standard deviation of the dot product with the profile's embedding."""
    popularity: float = 1.4
    """From the least to the most popular title, on a logarithmic scale."""
    stored_rank: float = 0.6
    """For the first of the precomputed top picks, falling to 0 at the last: the voice of a model
    that has no embedding.
    """
    fatigue: float = 0.08
    """Taken off per time the title was seen and passed over, at most ten times."""


@dataclass(frozen=True, slots=True)
class LayoutSettings:
    """How rows are chosen one after the other."""

    repeat_below_fold: float = 0.35
    """What a title is worth again, below the first rows, when it stands higher on the page."""
    same_kind: float = 0.8
    """Factor on a row for each of the three rows above that is of its kind (all rows by genre and
    mood are of one kind).
    """
    first_of_kind: float = 1.4
    """Factor on the first row of a kind: a page that shows its range serves more moods."""
    no_later_than: tuple[tuple[str, int], ...] = (
        ("top_picks", 2),
        ("trending", 4),
        ("because_you_watched", 5),
        ("new", 6),
        ("my_list", 7),
        ("continue_watching", 8),
        ("popular", 9),
        ("watch_again", 11),
    )
    """What the product wants on every first answer, if there is any: the slot (from 0) by which a
    row of the kind stands.
    """
    look_ahead_rows: int = 4
    """For the first so many slots, the best few candidates are compared together with the best row
    that could follow.
    """
    look_ahead_width: int = 3
    """How many candidates are compared there."""
    look_ahead_slack: float = 0.9
    """A candidate must be worth this share of the best one by itself."""


@dataclass(frozen=True, slots=True)
class ExploreSettings:
    """The one slot of a page in which chance has a say."""

    epsilon: float = 0.1
    """Probability of a uniform draw from the eligible titles; otherwise the greedy choice stays."""
    eligible: int = 50
    """Most titles in the eligible set."""
    column: int = 3
    """The slot's column in the first top-picks row."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """What a replica keeps in memory, and how often it looks around."""

    poll_s: float = 1.0
    """How often the publication pointer is read."""
    catalog_poll_s: float = 0.25
    """How often the end of the `catalog` topic is asked for."""
    trending_s: float = 2.0
    """How long trending totals are used before they are read again."""
    cached_candidates: int = 5_000
    """Profiles whose precomputed rows are held."""
    recent_pages: int = 1_000
    """Pages, whole, that can be scrolled here without asking the store."""
    remembered_pages: int = 5_000
    """Profiles whose last page is held for the day the store is gone."""
    page_ttl_s: int = 3_600
    """How long a laid-out page can be scrolled."""
    exposure_gather_s: float = 0.1
    """How long served pages gather before they are sent to the log together."""
    exposure_buffer: int = 2_000
    """Most served pages waiting for the log's acknowledgement."""
    exposure_stall_s: float = 3.0
    """When the oldest has waited longer than this the log counts as gone."""
    token_key: str = ""
    """Secret that keys the checksum in tokens; without it tokens are only protected against
    accidents.
    """


@dataclass(frozen=True, slots=True)
class ServeTuning:
    """How Ray Serve runs the replicas; its own defaults are set explicitly or replaced."""

    max_ongoing: int = 200
    """Requests that a replica processes at once (Serve's default is 5)."""
    max_queued: int = 400
    """Requests that may wait before Serve answers 503 at once."""
    request_timeout_s: float = 10.0
    """Serve answers 408 after this long (its default is never)."""
    health_period_s: float = 2.0
    """Time between two health checks of a replica."""
    health_timeout_s: float = 5.0
    """How long a health check may take; a replica that misses three is replaced."""
    graceful_stop_s: float = 5.0
    """How long a replica that is stopped may finish its requests."""
    stop_timeout_s: float = 12.0
    """How long stopping Serve may take; Serve itself waits 30 s for a controller that is gone."""
    start_attempts: int = 5
    """Attempts to start Ray, which gives up after 15 s on a busy machine."""
    object_store_mb: int = 100
    """Memory of Ray's object store, which replicas do not use."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Everything the online tier reads, section by section."""

    arm: str = MAIN_ARM
    """The arm of the experiment layer whose publication is served."""
    policy: str = "stagewise-1"
    """Name of this way of choosing a page; goes into every page and every token."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    """Deadlines."""
    ranking: RankingSettings = field(default_factory=RankingSettings)
    """Scores."""
    layout: LayoutSettings = field(default_factory=LayoutSettings)
    """Layout."""
    explore: ExploreSettings = field(default_factory=ExploreSettings)
    """Exploration."""
    replica: ReplicaSettings = field(default_factory=ReplicaSettings)
    """The replica's memory."""
