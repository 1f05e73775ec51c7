"""A replica over memory adapters, and the small catalog and profiles of the online tests."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from online.page.request import PageRequest, more_request
from online.parameters import read_values
from online.service import Service, build_service
from online.settings import ReplicaSettings, ServiceSettings
from shared.api.request import MoreQuery, PagePath
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    Generation,
    RoleArtifact,
    save_generation,
)
from shared.artifacts.memory import MemoryArtifacts
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_files
from shared.catalog.titles import EVERYWHERE, FILM_PART, Artwork, Episode, Title, Window
from shared.clock import Clock, ManualClock
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.codec import encode, envelope_of, key_of
from shared.ids import EncoderId, EpisodeId, EventId, GenerationId, ProfileId, TitleId
from shared.log.memory import MemoryLog
from shared.log.port import Log, OutgoingRecord, Partition
from shared.log.topics import topic_specs
from shared.models.als import Als, AlsSettings
from shared.models.popularity import Popularity, PopularitySettings
from shared.records.blob import pack
from shared.records.candidates import CandidateRow, Candidates
from shared.records.digest import (
    Digest,
    Facts,
    LogPosition,
    ProfileVector,
    RecentPlay,
    WatchedTitle,
    vector_key,
)
from shared.records.static_page import build_static_page, static_page_files
from shared.records.tallies import TRENDING, TallyTotals
from shared.store.memory import MemoryStore
from shared.store.port import Key, Store, Table, Write
from shared.store.tables import (
    ALL_TABLES,
    PROFILE_CANDIDATES,
    PROFILE_STATE,
    PUBLICATIONS,
    TALLY_TOTALS,
)
from shared.topics import CATALOG as CATALOG_TOPIC
from shared.vocabulary import Vocabulary

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_700_000_000_000
GENRES = ("Comedy", "Drama", "Thriller", "Horror", "Romance", "Documentary", "Crime", "Fantasy")
MOODS = ("dark", "feel-good", "tense", "whimsical", "romantic", "slow")
AGES = (0, 7, 12, 16, 18)
POSITION = LogPosition(1, 10)
MEMBER = ProfileId("p-1")


def title_of(number: int, **changes: Any) -> Title:
    """A title with facts derived from its number.

    Every fourth is a series of two seasons; ages and genres alternate.
    """
    series = number % 4 == 3
    facts: dict[str, Any] = {
        "title_id": TitleId(f"t{number}"),
        "name": f"Title {number}",
        "kind": "series" if series else "film",
        "genres": (GENRES[number % 8], GENRES[(number // 8) % 8]),
        "runtime_s": 3_000 if series else 6_000,
        "launch_ms": NOW - (60 + number % 700) * DAY,
        "windows": (Window(EVERYWHERE, 0),),
        "maturity": AGES[number % 5],
        "moods": (MOODS[number % 6],),
        "release_year": 1980 + number % 45,
        "artworks": (Artwork(f"a{number}"),),
        "episodes": _episodes(number) if series else (),
    }
    return Title(**{**facts, **changes})


def _episodes(number: int) -> tuple[Episode, ...]:
    return tuple(
        Episode(EpisodeId(f"t{number}-s{season}e{part}"), season, part, 3_000, NOW - 60 * DAY)
        for season in (1, 2)
        for part in (1, 2, 3)
    )


def models_of(titles: Sequence[Title], size: int = 8, seed: int = 1) -> tuple[Als, Popularity]:
    """An encoder with vectors by first genre, and a popularity that falls with the number.

    In DE the popularity rises with the number.
    """
    rng = np.random.default_rng(seed)
    vocabulary = Vocabulary(title.title_id for title in titles)
    centers = rng.normal(size=(len(GENRES), size))
    genres = [GENRES.index(title.genres[0]) if title.genres[0] in GENRES else 0 for title in titles]
    factors = (centers[genres] + 0.3 * rng.normal(size=(len(titles), size))).astype(np.float32)
    encoder = Als(AlsSettings(embedding_size=size), vocabulary, factors, factors.mean(axis=0))
    falling = 1 / (np.arange(len(titles)) + 5.0)
    shares = np.stack([falling / falling.sum(), falling[::-1] / falling.sum()], axis=1).astype(
        np.float32
    )
    return encoder, Popularity(PopularitySettings(), vocabulary, shares, ("DE",))


def publish(
    artifacts: Artifacts,
    titles: Sequence[Title],
    name: str,
    log: Log,
    now_ms: int = NOW,
    *,
    size: int = 8,
    seed: int = 1,
) -> tuple[Generation, Als]:
    """Make and save a generation of these titles; its pointer is not moved."""
    encoder, popularity = models_of(titles, size, seed)
    roles = {
        CATALOG: RoleArtifact("catalog", artifacts.put(snapshot_files(titles))),
        ENCODER: RoleArtifact(encoder.family, artifacts.put(encoder.to_files())),
        SIMILARS: RoleArtifact(encoder.family, artifacts.put(encoder.to_files())),
        POPULARITY: RoleArtifact(popularity.family, artifacts.put(popularity.to_files())),
        STATIC_PAGE: RoleArtifact(
            "static", artifacts.put(static_page_files(build_static_page(titles, now_ms)))
        ),
    }
    generation = Generation(
        generation_id=GenerationId(name),
        created_ms=now_ms,
        roles=roles,
        catalog_incarnation=log.topic(CATALOG_TOPIC).incarnation,
        catalog_next_offset=log.end_offset(Partition(CATALOG_TOPIC, 0)),
    )
    save_generation(artifacts, generation)
    return generation, encoder


@dataclass
class ReplicaHarness:
    """One replica over memory adapters; tests move its clock and run its polls."""

    folder: Path
    store: Store
    titles: list[Title]
    settings: ServiceSettings = field(
        default_factory=lambda: ServiceSettings(replica=ReplicaSettings(exposure_gather_s=0))
    )
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.clock)
        self.log.ensure_topics(topic_specs(1))
        self.artifacts = MemoryArtifacts()
        self.service: Service = build_service(
            self.store, self.log, self.artifacts, self.folder, self.settings, self.clock
        )
        self.generation = self.previous = ""

    def publish(self, name: str = "g1", seed: int = 1) -> Als:
        """Publish a generation of the titles, and let the replica load it."""
        _, encoder = publish(
            self.artifacts, self.titles, name, self.log, self.clock.now_ms(), seed=seed
        )
        self.publish_pointer(name)
        return encoder

    def publish_pointer(self, name: str) -> None:
        """Move the pointer, and let the replica poll it."""
        expected = (
            {"current": self.generation, "previous": self.previous} if self.generation else None
        )
        done = self.store.compare_and_set(
            PUBLICATIONS, ("main",), expected, {"current": name, "previous": self.generation}
        )
        if not done:
            raise RuntimeError("the pointer was not moved")
        self.generation, self.previous = name, self.generation
        self.poll()

    def poll(self) -> None:
        """Run one poll of the replica's background thread."""
        self.service.snapshots.poll_pointer()
        self.service.snapshots.poll_catalog()

    def announce(self, body: Body, event_id: str = "c-1") -> None:
        """Write a catalog change to the log."""
        envelope = envelope_of(body, event_id=EventId(event_id), event_time_ms=self.clock.now_ms())
        value = encode(body, event_id=EventId(event_id), event_time_ms=self.clock.now_ms())
        self.log.producer().send(
            OutgoingRecord(CATALOG_TOPIC, key_of(envelope, body), value)
        ).result()

    def launch(self, title: Title) -> None:
        """Publish a title on the topic."""
        self.announce(TitlePublished(title=title), f"launch-{title.title_id}")

    def put(self, table: Table, partition: Key, clustering: Key, blob: bytes) -> None:
        """Write a blob as its owner would."""
        self.store.write(
            [Write(table, partition, {clustering: {"value": blob}}, self.clock.now_ms())]
        )

    def put_digest(
        self,
        digest: Digest,
        profile_id: ProfileId = MEMBER,
        vector: tuple[EncoderId, Sequence[float]] | None = None,
    ) -> None:
        """Write a profile's digest and vector as nearline does."""
        self.put(PROFILE_STATE, (profile_id,), ("digest",), pack(digest))
        if vector is not None:
            data = np.asarray(vector[1], "<f4").tobytes()
            self.put(
                PROFILE_STATE,
                (profile_id,),
                vector_key(vector[0]),
                pack(ProfileVector(vector[0], digest.position, data)),
            )

    def put_candidates(
        self, rows: dict[str, Sequence[int]], profile_id: ProfileId = MEMBER, **changes: Any
    ) -> None:
        """Write precomputed rows, by kind and title numbers, as the nightly run does."""
        candidate_rows = tuple(
            CandidateRow(
                kind,
                "",
                "nightly",
                "v1",
                np.array(numbers, "<i4").tobytes(),
                np.ones(len(numbers), "<f4").tobytes(),
            )
            for kind, numbers in rows.items()
        )
        facts: dict[str, Any] = {
            "generation": GenerationId(self.generation),
            "rows": candidate_rows,
            "encoder_id": EncoderId(""),
            "vector": b"",
            "disliked": (),
            "finished": (),
            "maturity_ceiling": 18,
            "country": "US",
        }
        self.put(
            PROFILE_CANDIDATES,
            (profile_id,),
            (self.generation,),
            pack(Candidates(**{**facts, **changes})),
        )

    def put_trending(self, scope: str, short: dict[str, float], long: dict[str, float]) -> None:
        """Write trending totals as nearline does."""
        totals = TallyTotals(
            watermark_ms=NOW,
            short={TitleId(t): n for t, n in short.items()},
            long={TitleId(t): n for t, n in long.items()},
            partitions={0: 1},
            short_half_life_ms=HOUR,
            long_half_life_ms=24 * HOUR,
        )
        self.put(TALLY_TOTALS, (TRENDING, scope), (), pack(totals))

    def request(
        self, profile_id: ProfileId = MEMBER, request_id: str = "r-1", **changes: Any
    ) -> PageRequest:
        """A request for a page now."""
        facts: dict[str, Any] = {"device": "tv", "country": "US", "ceiling": 18, **changes}
        return PageRequest(
            profile_id=profile_id, request_id=request_id, now_ms=self.clock.now_ms(), **facts
        )

    def page(
        self, profile_id: ProfileId = MEMBER, request_id: str = "r-1", **changes: Any
    ) -> "Answer":
        """The page that the replica answers now."""
        return Answer(
            json.loads(
                asyncio.run(
                    self._with_tasks(
                        self.service.assembler.page(self.request(profile_id, request_id, **changes))
                    )
                )
            )
        )

    async def _with_tasks(self, answering: Awaitable[bytes]) -> bytes:
        """The answer, after all tasks started by the request have ended."""
        answer = await answering
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        return answer

    def more(self, address: str, **changes: str) -> dict[str, Any]:
        """The further part at a `more` link, with changes to its query."""
        parts = urlsplit(address)
        query = {**dict(parse_qsl(parts.query)), **changes}
        path = PagePath(page_id=parts.path.rsplit("/", 1)[1])
        request = more_request(path, read_values(MoreQuery, query), self.clock.now_ms())
        answer: dict[str, Any] = json.loads(
            asyncio.run(self._with_tasks(self.service.assembler.more(request)))
        )
        return answer

    def restart(self) -> None:
        """Another replica over the same store, log and artifacts, with an empty memory."""
        self.service = build_service(
            self.store, self.log, self.artifacts, self.folder, self.settings, self.clock
        )
        self.poll()


@dataclass
class Answer:
    """A page as a client sees it."""

    json: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.json[name]

    def row(self, kind: str, subject: str = "") -> dict[str, Any] | None:
        """The first row of a kind with `subject` in its name."""
        matching: list[dict[str, Any]] = [
            row for row in self.json["rows"] if row["kind"] == kind and subject in row["name"]
        ]
        return matching[0] if matching else None

    def ids(self, kind: str | None = None) -> list[str]:
        """All title ids in reading order, of one kind of row or of all."""
        return [
            tile["title_id"]
            for row in self.json["rows"]
            if kind in {None, row["kind"]}
            for tile in row["tiles"]
        ]

    def kinds(self) -> list[str]:
        """The kinds of rows in order."""
        return [row["kind"] for row in self.json["rows"]]


def stage_with(folder: Path, titles: int = 400, **changes: Any) -> ReplicaHarness:
    """A harness with an empty store and titles that are not yet published."""
    clock = ManualClock(NOW)
    return ReplicaHarness(
        folder,
        changes.pop("store", None) or memory_store(clock),
        [title_of(n) for n in range(titles)],
        clock=clock,
        **changes,
    )


def memory_store(clock: Clock) -> MemoryStore:
    """A store with all tables."""
    store = MemoryStore(clock)
    store.migrate(ALL_TABLES)
    return store


def digest_of(**changes: Any) -> Digest:
    """The digest of an adult in the US without any plays."""
    facts: dict[str, Any] = {
        "position": POSITION,
        "as_of_ms": NOW - HOUR,
        "received_ms": NOW - HOUR,
        "facts": Facts(18, "US", ("en",), "Ada"),
    }
    return Digest(**{**facts, **changes})


def watched(number: int, **changes: Any) -> WatchedTitle:
    """Half a film an hour ago."""
    facts: dict[str, Any] = {
        "title_id": TitleId(f"t{number}"),
        "episode_id": None,
        "position_s": 3_000,
        "runtime_s": 6_000,
        "seen_s": 3_000,
        "total_seen_s": 3_000,
        "completed": False,
        "last_ms": NOW - HOUR,
        "device": "tv",
    }
    facts |= changes
    if facts["completed"] and "finished_parts" not in changes:
        facts["finished_parts"] = (facts["episode_id"] or FILM_PART,)
    return WatchedTitle(**facts)


def play(number: int, fraction: float = 1.0, age_ms: int = DAY) -> RecentPlay:
    """A play of a title some time ago."""
    return RecentPlay(TitleId(f"t{number}"), NOW - age_ms, fraction, "tv")


def until(true: Callable[[], bool], what: str, polls: int = 1_000) -> None:
    """Poll until a condition is true."""
    for _ in range(polls):
        if true():
            return
    raise TimeoutError(what)
