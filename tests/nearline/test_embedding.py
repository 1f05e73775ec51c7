"""Embeddings: kept beside the digest by the published encoder, and never in the way of folding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nearline.embedding import PublishedEncoder
from shared.artifacts.directory import DirectoryArtifacts
from shared.artifacts.generation import ENCODER, Generation, RoleArtifact, save_generation
from shared.events.feedback import Thumb
from shared.events.plays import PlayProgress
from shared.ids import EncoderId, GenerationId
from shared.models.port import Query, Scores, Vectors
from shared.records.blob import unpack
from shared.records.digest import ProfileVector
from shared.store.tables import PROFILE_STATE, PUBLICATIONS
from shared.vocabulary import Numbers, Vocabulary
from tests.nearline.events import T0, Said, title
from tests.nearline.platform import Place

COUNTING = EncoderId("counting")


@dataclass
class Counting:
    """Encodes a query as the number of entries in its history and the share seen of the last one."""

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


class Published:
    """A place with artifacts, and an encoder that looks for what is published in it."""

    def __init__(self, folder: Path) -> None:
        self.place = Place()
        self.artifacts = DirectoryArtifacts(str(folder))
        self.models: dict[str, object] = {}
        self.encoder = PublishedEncoder(
            self.place.store,
            self.artifacts,
            self._load,
            self.place.clock,
            3.0,
            self.place.metrics,
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
        before = self.place.store.read(PUBLICATIONS, ("main",)).get(())
        after = {"current": generation, "previous": str(before["current"]) if before else ""}
        assert self.place.store.compare_and_set(PUBLICATIONS, ("main",), before, after)

    def fold(self, *events: Said) -> None:
        self.place.say(events)
        worker = self.place.worker(embeddings=self.encoder)
        self.place.drain(worker)
        worker.close()

    def vector(self, encoder_id: str) -> list[float] | None:
        blob = self.place.rows(PROFILE_STATE, "p").get(f"vector:{encoder_id}")
        if blob is None:
            return None
        stored = unpack(blob, ProfileVector)
        assert stored.encoder_id == encoder_id
        assert stored.position == self.place.digest().position
        return [float(value) for value in np.frombuffer(stored.vector, "<f4")]


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def play(event_id: str, name: str, seen_s: int = 50) -> Said:
    return Said(
        event_id,
        PlayProgress(
            title_id=title(name), runtime_s=100, position_s=seen_s, watched=((0, seen_s),)
        ),
    )


def test_there_are_no_embeddings_while_nothing_is_published(published: Published) -> None:
    published.fold(play("1", "a"))
    assert published.place.digest().events == 1
    assert not any(name.startswith("vector:") for name in published.place.rows(PROFILE_STATE, "p"))


def test_each_play_moves_the_embedding(published: Published) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    assert published.vector("counting") == [1.0, 0.5]
    published.fold(play("2", "b", seen_s=25), Said("3", Thumb(title_id=title("a"), value=1)))
    assert published.vector("counting") == [2.0, 0.25]


def test_a_new_encoder_is_noticed_within_seconds_and_writes_beside_the_old_one(
    published: Published,
) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    published.publish("newer", Counting(EncoderId("newer")), "g2")
    published.fold(play("2", "b"))
    assert published.vector("newer") == [2.0, 0.5]
    assert "vector:counting" in published.place.rows(PROFILE_STATE, "p")


def test_a_generation_that_cannot_be_read_leaves_the_last_encoder_in_use(
    published: Published,
) -> None:
    published.publish("counting", Counting(), "g1")
    published.fold(play("1", "a"))
    published.point_to("missing")
    published.fold(play("2", "b"))
    assert published.vector("counting") == [2.0, 0.5]
    assert published.place.metric("marquee_nearline_encoder_failures_total", step="load") > 0


def test_an_artifact_that_does_not_encode_is_no_encoder(published: Published) -> None:
    published.publish("popularity", object(), "g1")
    published.fold(play("1", "a"))
    assert published.place.digest().events == 1
    assert published.place.metric("marquee_nearline_encoder_failures_total", step="load") > 0


def test_an_encoder_that_fails_does_not_stop_folding(published: Published) -> None:
    def fail() -> None:
        raise ArithmeticError("a bug in a model")

    published.publish("counting", Counting(wrong=fail), "g1")
    published.fold(play("1", "a"))
    assert published.place.digest().events == 1
    assert published.vector("counting") is None
    assert published.place.metric("marquee_nearline_encoder_failures_total", step="encode") > 0
