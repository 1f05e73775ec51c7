"""A replica over memory adapters, and its pages as a client sees them."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from online.page.assemble import Assembler
from online.page.request import PageRequest, more_request
from online.page.served.more import answer_more
from online.parameters import read_values
from online.service import Service, build_service
from online.settings import ReplicaSettings, ServiceSettings
from shared.api.request import MoreQuery, PagePath
from shared.artifacts.memory import MemoryArtifacts
from shared.catalog.titles import Title
from shared.clock import Clock, ManualClock
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.codec import encode, envelope_of, key_of
from shared.ids import EncoderId, EventId, GenerationId, ProfileId, TitleId
from shared.log.memory import MemoryLog
from shared.log.port import OutgoingRecord
from shared.log.topics import topic_specs
from shared.models.als import Als
from shared.records.blob import pack
from shared.records.candidates import CandidateRow, Candidates
from shared.records.digest import (
    Digest,
    ProfileVector,
    vector_key,
)
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
from tests.online.samples import HOUR, MEMBER, NOW, publish


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
            asyncio.run(self._with_tasks(answer_more(self.service.components, request)))
        )
        return answer

    def replace_components(self, **changes: Any) -> None:
        """Let the replica make its pages with other components."""
        components = replace(self.service.components, **changes)
        self.service = replace(self.service, components=components, assembler=Assembler(components))

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


def memory_store(clock: Clock) -> MemoryStore:
    """A store with all tables."""
    store = MemoryStore(clock)
    store.migrate(ALL_TABLES)
    return store
