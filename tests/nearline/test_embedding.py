"""Embeddings: written with the digest by the published encoder; a failure never stops folding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nearline.embedding import PublishedEncoder
from shared.artifacts.directory import DirectoryArtifacts
from shared.artifacts.generation import ENCODER, Generation, RoleArtifact, save_generation
from shared.events.plays import PlayProgress
from shared.ids import EncoderId, GenerationId
from shared.models.port import Query, Scores, Vectors
from shared.records.blob import unpack
from shared.records.digest import ProfileVector
from shared.store.tables import PROFILE_STATE, PUBLICATIONS
from shared.vocabulary import Numbers, Vocabulary
from tests.nearline.events import T0, SampleEvent, thumb, title
from tests.nearline.platform import MemoryPlatform

COUNTING = EncoderId("counting")


@dataclass
class Counting:
    """Encodes a query as the length of its history and the seen share of the last title."""

    encoder_id: EncoderId = COUNTING
    wrong: Callable[[], None] = lambda: None

    vocabulary = Vocabulary([])
    item_vectors = np.zeros((0, 2), np.float32)

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        raise LookupError

    def encode(self, queries: Sequence[Query]) -> Vectors:
        self.wrong()
        return np.array(
            [
                [len(query.history), query.history[-1].fraction if query.history else 0]
                for query in queries
            ],
            np.float32,
        )


class EncoderPlatform:
    """A platform with artifacts and a worker's encoder."""

    def __init__(self, folder: Path) -> None:
        self.platform = MemoryPlatform()
        self.artifacts = DirectoryArtifacts(str(folder))
        self.models: dict[str, object] = {}
        self.encoder = PublishedEncoder(
            self.platform.store,
            self.artifacts,
            self._load,
            self.platform.clock,
            3.0,
            self.platform.metrics,
        )

    def _load(self, family: str, _files: Mapping[str, bytes]) -> object:
        return self.models[family]

    def publish(self, family: str, model: object, generation: str) -> None:
        self.models[family] = model
        artifact = self.artifacts.put({"model": family.encode()})
        roles = {ENCODER: RoleArtifact(family, artifact)}
        save_generation(
            self.artifacts,
            Generation(
                generation_id=GenerationId(generation),
                created_ms=T0,
                roles=roles,
                catalog_incarnation="",
                catalog_next_offset=0,
            ),
        )
        self.point_to(generation)

    def point_to(self, generation: str) -> None:
        previous = self.platform.store.read(PUBLICATIONS, ("main",)).get(())
        pointer = {"current": generation, "previous": str(previous["current"]) if previous else ""}
        assert self.platform.store.compare_and_set(PUBLICATIONS, ("main",), previous, pointer)

    def fold(self, *events: SampleEvent) -> None:
        self.platform.produce(events)
        worker = self.platform.worker(embeddings=self.encoder)
        self.platform.drain(worker)
        worker.close()

    def vector(self, encoder_id: str) -> list[float] | None:
        blob = self.platform.rows(PROFILE_STATE, "p").get(f"vector:{encoder_id}")
        if blob is None:
            return None
        stored = unpack(blob, ProfileVector)
        assert stored.encoder_id == encoder_id
        assert stored.position == self.platform.digest().position
        return [float(value) for value in np.frombuffer(stored.vector, "<f4")]


@pytest.fixture
def published(tmp_path: Path) -> EncoderPlatform:
    return EncoderPlatform(tmp_path)


def play(event_id: str, name: str, seen_s: int = 50) -> SampleEvent:
    return SampleEvent(
        event_id,
        PlayProgress(
            title_id=title(name), runtime_s=100, position_s=seen_s, watched=((0, seen_s),)
        ),
    )


def test_without_a_published_generation_there_are_no_embeddings(published: EncoderPlatform) -> None:
    published.fold(play("1", "a"))
    assert published.platform.digest().events == 1
    assert not any(
        name.startswith("vector:") for name in published.platform.rows(PROFILE_STATE, "p")
    )


def test_every_play_changes_the_embedding(published: EncoderPlatform) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    assert published.vector("counting") == [1.0, 0.5]
    published.fold(play("2", "b", seen_s=25), thumb("3"))
    assert published.vector("counting") == [2.0, 0.25]


def test_a_newly_published_encoder_writes_a_row_of_its_own(
    published: EncoderPlatform,
) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    published.publish("newer", Counting(EncoderId("newer")), "g2")
    published.fold(play("2", "b"))
    assert published.vector("newer") == [2.0, 0.5]
    assert "vector:counting" in published.platform.rows(PROFILE_STATE, "p")


def test_after_an_unreadable_generation_the_previous_encoder_stays_in_use(
    published: EncoderPlatform,
) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    published.point_to("missing")
    published.fold(play("2", "b"))
    assert published.vector("counting") == [2.0, 0.5]
    assert published.platform.metric("marquee_nearline_encoder_failures_total", step="load") > 0


def test_a_model_without_encode_is_not_used_as_encoder(published: EncoderPlatform) -> None:
    published.publish("popularity", object(), "g1")
    published.fold(play("1", "a"))
    assert published.platform.digest().events == 1
    assert published.platform.metric("marquee_nearline_encoder_failures_total", step="load") > 0


def test_an_encoder_that_fails_does_not_stop_folding(published: EncoderPlatform) -> None:
    def fail() -> None:
        raise ArithmeticError("a bug in a model")

    published.publish("counting", Counting(wrong=fail), "g1")
    published.fold(play("1", "a"))
    assert published.platform.digest().events == 1
    assert published.vector("counting") is None
    assert published.platform.metric("marquee_nearline_encoder_failures_total", step="encode") > 0
