"""The settings of the online tier; every field is documented in place.

`PageSettings` belong to an arm and reach the page through the plan of a request. The others belong
to the process. Values without another source are guesses, to be learned.
"""

from dataclasses import dataclass, field

from shared.ids import MAIN_ARM
from shared.secret import Secret


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each awaited step may take, in milliseconds.

    A step that misses its deadline is reported, and its result counts as missing.
    """

    queue_ms: int = 100
    """Waiting for earlier pages; a page that would wait longer is answered at once from memory."""
    hydrate_ms: int = 150
    """Reading all signals of a profile."""
    digest_ms: int = 60
    """Reading the digest and vector."""
    exposures_ms: int = 40
    """Reading how often each title was shown."""
    candidates_ms: int = 60
    """Reading the precomputed rows, where this replica has not cached them."""
    trending_ms: int = 40
    """Reading the totals of a country for the first time."""
    stored_page_ms: int = 100
    """Reading a stored page for scrolling."""
    store_page_ms: int = 1_000
    """Writing the page for scrolling, after the response is sent."""
    events_ms: int = 5_000
    """Waiting for the log to acknowledge a batch of events."""


@dataclass(frozen=True, slots=True)
class WorkBudgets:
    """How long a computing step may take; an overrun is counted and reported, not interrupted."""

    step_ms: float = 200.0
    """Any step of a page: the upper limit for the p99 of a whole page. On an idle machine a page
    takes 7 ms (tests/benchmarks/test_page_assembly.py).
    """
    part_ms: float = 100.0
    """One part of a step, such as one source."""
    rows_per_source: int = 64
    """Maximum number of rows of one source; further ones are left out and reported."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """The probability of a good play: a logistic function of a weighted sum."""

    intercept: float = -5.2
    """Log-odds of a title that is never watched and has average affinity."""
    affinity: float = 0.9
    """Weight of one standard deviation of the dot product with the profile's embedding."""
    popularity: float = 1.4
    """Difference between the least and the most popular title, on a logarithmic scale."""
    precomputed_rank: float = 0.6
    """Weight of the first precomputed top pick; it falls to 0 at the last one. Models without an
    embedding affect the page only by it.
    """
    fatigue: float = 0.08
    """Subtracted for each impression without a play."""


@dataclass(frozen=True, slots=True)
class LayoutSettings:
    """How rows are chosen in sequence. A kind declares its latest row position, see RowKind."""

    repeat_below_fold: float = 0.35
    """Factor on a repeated title below the rows of the first answer."""
    same_kind: float = 0.8
    """Factor on a row for each of the three rows above that is of its family."""
    first_of_kind: float = 1.4
    """Factor on the first row of a family, so that a page has many kinds of rows."""
    look_ahead_rows: int = 4
    """In this many first row positions, the best rows are compared with their best successors."""
    look_ahead_width: int = 3
    """Number of rows that are compared there."""
    look_ahead_slack: float = 0.9
    """A compared row must have this share of the gain of the best one."""


@dataclass(frozen=True, slots=True)
class ExploreSettings:
    """The exploration slot: the one tile of a page that is drawn at random."""

    epsilon: float = 0.1
    """Probability of a uniform draw from the eligible titles; otherwise the greedy title stays."""
    eligible: int = 50
    """Maximum number of eligible titles."""
    column: int = 3
    """Column of the slot in the first top-picks row."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How the pages of one arm are made."""

    policy: str = "stagewise-2"
    """Name of the page policy; part of every page and token."""
    ranking: RankingSettings = field(default_factory=RankingSettings)
    """Relevance of titles."""
    layout: LayoutSettings = field(default_factory=LayoutSettings)
    """Choice of rows."""
    explore: ExploreSettings = field(default_factory=ExploreSettings)
    """Exploration."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """The memory of a replica, and how often it is refreshed."""

    poll_s: float = 1.0
    """Time between two reads of the publication pointer."""
    catalog_poll_s: float = 0.25
    """Time between two reads of the end of the `catalog` topic."""
    trending_s: float = 2.0
    """How long trending totals are used before they are read again."""
    cached_candidates: int = 5_000
    """Profiles with cached precomputed rows."""
    recent_pages: int = 1_000
    """Whole pages that can be scrolled without reading the store."""
    remembered_pages: int = 5_000
    """Profiles with a cached last page, for when the store is unavailable."""
    page_ttl_s: int = 3_600
    """How long a page can be scrolled."""
    exposure_gather_s: float = 0.1
    """How long served pages are gathered before they are sent to the log together."""
    exposure_buffer: int = 2_000
    """Maximum number of served pages that wait for the log's acknowledgment."""
    exposure_stall_s: float = 3.0
    """The log counts as unavailable when the oldest page has waited longer than this."""
    token_key: Secret = field(default_factory=Secret)
    """Secret key of the checksum in tokens. Without it, tokens are protected only against
    accidental changes.
    """


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Everything that one replica needs, section by section."""

    arm: str = MAIN_ARM
    """The arm that this replica serves."""
    page: PageSettings = field(default_factory=PageSettings)
    """How the pages of the arm are made."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    """Deadlines of awaited steps."""
    budgets: WorkBudgets = field(default_factory=WorkBudgets)
    """Work budgets of computing steps."""
    replica: ReplicaSettings = field(default_factory=ReplicaSettings)
    """Memory of a replica."""


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
    """How long stopping Serve may take; Serve itself waits 30 s for a controller that has ended."""
    start_attempts: int = 5
    """Attempts to start Ray, which gives up after 15 s on a busy machine."""
    object_store_mb: int = 100
    """Memory of Ray's object store, which replicas do not use."""
