"""Whole pages over memory adapters: rows, tiles, reasons and the log."""

import pytest

from online.page.ranking.explore import read_token
from online.page.sources.registry import SOURCES
from shared.catalog.titles import Window
from shared.events.catalog import TitleWithdrawn
from shared.ids import EpisodeId, ProfileId, TitleId
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.topics import EXPOSURES
from tests.online.harness import Answer, ReplicaHarness
from tests.online.samples import DAY, HOUR, NOW, digest_of, play, title_of, watched

SERIES_PLAYS = {"episode_id": EpisodeId("t3-s1e1"), "runtime_s": 3_000}


def test_a_new_profile_gets_a_full_page_without_anything_missing(harness: ReplicaHarness) -> None:
    page = harness.page(ProfileId("new-profile"))
    assert (page.rung, page.degraded, page.generation) == ("fresh", [], "g1")
    assert len(page.rows) == 12
    assert "top_picks" in page.kinds()
    assert page.signals_as_of is None


@pytest.mark.parametrize(
    ("device", "columns"), [("tv", 24), ("web", 24), ("tablet", 20), ("phone", 12), ("unknown", 24)]
)
def test_each_device_has_its_own_shape(harness: ReplicaHarness, device: str, columns: int) -> None:
    page = harness.page(device=device, rows=12, columns=columns)
    assert len(page.rows) == 12
    assert max(len(row["tiles"]) for row in page.rows) == columns


def test_a_page_is_the_same_when_nothing_has_changed(harness: ReplicaHarness) -> None:
    harness.put_digest(
        digest_of(
            watched=(watched(3, **SERIES_PLAYS), watched(4)),
            plays=(play(8), play(16)),
            my_list=(TitleId("t20"),),
        )
    )
    assert harness.page().json == harness.page().json


def test_the_first_answer_repeats_no_title(harness: ReplicaHarness) -> None:
    harness.put_digest(
        digest_of(
            watched=(watched(4),),
            plays=tuple(play(n) for n in range(0, 80, 8)),
            my_list=(TitleId("t4"), TitleId("t21")),
        )
    )
    ids = harness.page().ids()
    assert len(ids) == len(set(ids))


def test_every_row_names_its_source_and_every_tile_its_title(harness: ReplicaHarness) -> None:
    for row in harness.page().rows:
        assert all(row[name] for name in ("kind", "name", "reason", "source", "version"))
        assert [tile["rank"] for tile in row["tiles"]] == list(range(len(row["tiles"])))
        assert all(
            tile["name"] == f"Title {tile['title_id'][1:]}" and tile["artwork"]
            for tile in row["tiles"]
        )


class TestContinueWatching:
    def row(self, harness: ReplicaHarness) -> dict[str, object] | None:
        return harness.page().row("continue_watching")

    def tile(self, harness: ReplicaHarness) -> dict[str, object]:
        row = harness.page().row("continue_watching")
        assert row is not None
        tile: dict[str, object] = row["tiles"][0]
        return tile

    def test_a_half_watched_episode_resumes_at_its_position(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(watched=(watched(3, position_s=1_200, **SERIES_PLAYS),)))
        tile = self.tile(harness)
        assert tile["progress"] == 0.4
        assert tile["episode"] == {"episode_id": "t3-s1e1", "season": 1, "number": 1}
        assert tile["reason"] == "S1 E1, 30 min left"

    def test_a_finished_episode_offers_the_next(self, harness: ReplicaHarness) -> None:
        harness.put_digest(
            digest_of(watched=(watched(3, completed=True, position_s=3_000, **SERIES_PLAYS),))
        )
        tile = self.tile(harness)
        assert (tile["reason"], tile["progress"]) == ("Next: S1 E2", 0.0)

    def test_the_last_episode_of_a_season_leads_to_the_next_season(
        self, harness: ReplicaHarness
    ) -> None:
        harness.put_digest(
            digest_of(
                watched=(
                    watched(3, completed=True, episode_id=EpisodeId("t3-s1e3"), runtime_s=3_000),
                )
            )
        )
        assert self.tile(harness)["reason"] == "Next: S2 E1"

    def test_finished_titles_are_left_out(self, harness: ReplicaHarness) -> None:
        parts = tuple(f"t3-s{season}e{number}" for season in (1, 2) for number in (1, 2, 3))
        last = EpisodeId("t3-s2e3")
        ended = watched(3, completed=True, episode_id=last, runtime_s=3_000, finished_parts=parts)
        harness.put_digest(digest_of(watched=(ended, watched(4, completed=True))))
        assert self.row(harness) is None

    def test_a_title_not_started_and_a_dormant_title_are_left_out(
        self, harness: ReplicaHarness
    ) -> None:
        harness.put_digest(
            digest_of(
                watched=(
                    watched(4, position_s=20, total_seen_s=20, seen_s=20),
                    watched(5, last_ms=NOW - 100 * DAY),
                )
            )
        )
        assert self.row(harness) is None

    def test_the_latest_title_is_first_and_the_row_heads_the_page(
        self, harness: ReplicaHarness
    ) -> None:
        harness.put_digest(
            digest_of(watched=(watched(8, last_ms=NOW - 10 * DAY), watched(4, last_ms=NOW - HOUR)))
        )
        page = harness.page()
        assert page.ids("continue_watching") == ["t4", "t8"]
        assert page.kinds()[0] == "continue_watching"

    def test_a_started_title_is_in_no_row_of_discovery(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(watched=(watched(4),), my_list=(TitleId("t21"),)))
        assert [title for title in harness.page().ids() if title in {"t4", "t21"}] == ["t4", "t21"]


class TestTaste:
    def test_a_thumb_down_removes_the_title_from_every_row(self, harness: ReplicaHarness) -> None:
        assert "t0" in harness.page().ids()
        harness.put_digest(
            digest_of(thumbs={TitleId("t0"): -1}, my_list=(TitleId("t0"),), watched=(watched(0),))
        )
        assert "t0" not in harness.page().ids()

    def test_top_picks_follow_the_stored_vector(self, harness: ReplicaHarness) -> None:
        encoder = harness.publish("g2")
        comedy, horror = encoder.item_vectors[0], encoder.item_vectors[3]
        harness.put_digest(digest_of(), vector=(encoder.encoder_id, (comedy * 3).tolist()))
        first = harness.page()
        harness.put_digest(digest_of(), vector=(encoder.encoder_id, (horror * 3).tolist()))
        second = harness.page()
        assert (first.scored_by, second.scored_by) == ("fresh_vector", "fresh_vector")
        assert _share(first, 0) > 0.4
        assert _share(second, 3) > 0.4

    def test_a_vector_of_another_encoder_is_computed_again(self, harness: ReplicaHarness) -> None:
        harness.put_digest(
            digest_of(plays=(play(0), play(8), play(64))),
            vector=(harness.publish("g2", seed=2).encoder_id, [9.0] * 8),
        )
        harness.publish("g3", seed=3)
        page = harness.page()
        assert page.scored_by == "encoded_here"
        assert _share(page, 0) > 0.25

    def test_a_vector_older_than_the_digest_is_not_used(self, harness: ReplicaHarness) -> None:
        encoder = harness.publish("g2")
        harness.put_digest(digest_of(plays=(play(0),)), vector=(encoder.encoder_id, [1.0] * 8))
        harness.put_digest(digest_of(plays=(play(0), play(8)), position=LogPosition(1, 20)))
        assert harness.page().scored_by == "encoded_here"

    def test_titles_finished_long_ago_are_only_under_watch_again(
        self, harness: ReplicaHarness
    ) -> None:
        seen = tuple(watched(n, completed=True, last_ms=NOW - 30 * DAY) for n in (0, 1, 2))
        harness.put_digest(digest_of(watched=seen))
        page = harness.page()
        assert sorted(page.ids("watch_again")) == ["t0", "t1", "t2"]
        assert sorted(title for title in page.ids() if title in {"t0", "t1", "t2"}) == [
            "t0",
            "t1",
            "t2",
        ]

    def test_because_you_watched_names_its_anchor_and_has_similar_titles(
        self, harness: ReplicaHarness
    ) -> None:
        harness.put_digest(digest_of(plays=(play(16), play(40))))
        row = harness.page().row("because_you_watched")
        assert row is not None
        assert row["name"] in {"Because you watched Title 40", "Because you watched Title 16"}
        same = [tile for tile in row["tiles"] if int(tile["title_id"][1:]) % 8 == 0]
        assert len(same) > len(row["tiles"]) / 2


def _share(page: Answer, genre: int) -> float:
    """The share of the top picks that have the genre first; one in eight at random."""
    picks = page.ids("top_picks")
    return sum(int(title[1:]) % 8 == genre for title in picks) / len(picks)


class TestCatalog:
    def test_a_title_launched_since_the_nightly_run_reaches_the_page(
        self, harness: ReplicaHarness
    ) -> None:
        harness.launch(title_of(900, launch_ms=NOW - 1, genres=("Comedy",)))
        assert "t900" not in harness.page().ids()
        harness.poll()
        row = harness.page().row("new")
        assert row is not None
        assert row["tiles"][0]["title_id"] == "t900"

    def test_a_future_launch_is_shown_from_its_instant_on(self, harness: ReplicaHarness) -> None:
        harness.launch(title_of(900, launch_ms=NOW + HOUR))
        harness.poll()
        assert "t900" not in harness.page().ids()
        harness.clock.advance_ms(HOUR)
        assert harness.page().ids("new") == ["t900"]

    def test_a_withdrawal_and_a_raised_maturity_reach_the_page(
        self, harness: ReplicaHarness
    ) -> None:
        assert {"t0", "t1"} <= set(harness.page(ceiling=7).ids())
        harness.announce(TitleWithdrawn(title_id=TitleId("t0")), "w")
        harness.launch(title_of(1, maturity=16))
        harness.poll()
        assert not {"t0", "t1"} & set(harness.page(ceiling=7).ids())

    def test_a_license_ends_at_its_instant(self, harness: ReplicaHarness) -> None:
        harness.launch(title_of(0, windows=(Window("US", 0, NOW + 10),)))
        harness.poll()
        assert "t0" in harness.page().ids()
        assert "t0" not in harness.page(country="DE").ids()
        harness.clock.advance_ms(10)
        assert "t0" not in harness.page().ids()

    def test_a_catalog_that_is_no_longer_followed_is_reported(
        self, harness: ReplicaHarness
    ) -> None:
        harness.clock.advance_ms(61_000)
        page = harness.page()
        assert page.catalog_age_ms == 61_000
        assert page.degraded == ["catalog"]


def test_trending_shows_what_is_watched_more_than_expected(harness: ReplicaHarness) -> None:
    harness.put_trending(
        "US", {"t305": 50.0, "t306": 40.0, "t307": 30.0, "t308": 10.0}, {"t308": 240.0}
    )
    assert set(harness.page().ids("trending")) == {"t305", "t306", "t307"}


def test_popular_follows_the_country(harness: ReplicaHarness) -> None:
    harness.put_digest(digest_of(plays=tuple(play(n) for n in range(3, 80, 8))))
    here, there = harness.page(country="US"), harness.page(country="DE")
    assert _mean(here) < _mean(there)


def _mean(page: Answer) -> float:
    numbers = [int(title[1:]) for title in page.ids("popular")]
    return sum(numbers) / len(numbers)


def test_precomputed_rows_of_nightly_kinds_are_shown(harness: ReplicaHarness) -> None:
    harness.put_candidates({"new_to_you": range(300, 330), "top_picks": range(40)})
    assert "new_to_you" in harness.page(rows=40).kinds()


def test_a_source_that_fails_loses_only_its_row(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[object]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("online.page.planner.SOURCES", {**SOURCES, "popular": broken})
    page = harness.page()
    assert page.degraded == ["source:popular"]
    assert "popular" not in page.kinds()
    assert len(page.rows) == 12


class TestLogging:
    def served(self, harness: ReplicaHarness) -> list[dict[str, object]]:
        import json

        partition = Partition(EXPOSURES, 0)
        return [
            json.loads(record.value or b"")
            for record in harness.log.read(partition, 0, harness.log.end_offset(partition))
        ]

    def test_the_log_contains_the_sent_rows_and_the_draw(self, harness: ReplicaHarness) -> None:
        page = harness.page()
        [event] = self.served(harness)
        body = event["body"]
        assert isinstance(body, dict)
        assert [[tile["title_id"] for tile in row["tiles"]] for row in body["rows"]] == [
            [tile["title_id"] for tile in row["tiles"]] for row in page.rows
        ]
        [draw] = body["draws"]
        tile = page.rows[draw["row"]]["tiles"][draw["column"]]
        token = read_token(tile["token"], "")
        assert token is not None
        assert token.title_id == tile["title_id"]
        assert tile["title_id"] in draw["eligible"]
        assert body["rows"][draw["row"]]["tiles"][draw["column"]]["propensity"] == token.propensity

    def test_the_log_contains_further_parts(self, harness: ReplicaHarness) -> None:
        page = harness.page()
        rest = harness.more(page.more)
        _, event = self.served(harness)
        body = event["body"]
        assert isinstance(body, dict)
        assert (body["page_id"], body["from_row"]) == (page.page_id, 12)
        assert [[tile["title_id"] for tile in row["tiles"]] for row in body["rows"]] == [
            [tile["title_id"] for tile in row["tiles"]] for row in rest["rows"]
        ]

    def test_a_draw_keeps_its_propensity_in_a_further_part(self, harness: ReplicaHarness) -> None:
        page = harness.page()
        harness.more(page.more, from_row="0", rows="12")
        first, further = self.served(harness)
        drawn = [
            [
                (tile["title_id"], tile["propensity"])
                for row in event["body"]["rows"]  # type: ignore[index]
                for tile in row["tiles"]
                if "propensity" in tile
            ]
            for event in (first, further)
        ]
        assert drawn[0] == drawn[1]
        assert len(drawn[0]) == 1

    def test_a_retry_is_the_same_page_the_same_draw_and_the_same_event(
        self, harness: ReplicaHarness
    ) -> None:
        first, second = harness.page(request_id="r"), harness.page(request_id="r")
        assert first.json == second.json
        event, retried_event = self.served(harness)
        assert event["event_id"] == retried_event["event_id"]

    def test_without_the_log_nothing_is_drawn_and_unlogged_is_reported(
        self, harness: ReplicaHarness
    ) -> None:
        class Refusing:
            def offer(self, *_: object, **__: object) -> bool:
                return False

            def accepts(self) -> bool:
                return False

        harness.replace_components(exposures=Refusing())
        page = harness.page()
        assert page.degraded == ["unlogged"]
        assert not [tile for row in page.rows for tile in row["tiles"] if "token" in tile]
