"""Kinds of rows: every registered kind satisfies the contract, and no row states a false reason."""

import pytest

from online.page.row_kind import Fact, Facts, RowKind, Template, register_kinds
from online.page.sources.registry import KINDS
from shared.catalog.titles import Episode
from shared.ids import EpisodeId, ProfileId, TitleId
from shared.records.digest import Facts as ProfileFacts
from shared.rules.watching import WATCH_AGAIN_DAYS
from tests.online.harness import ReplicaHarness
from tests.online.samples import DAY, NOW, digest_of, play, title_of, watched

VALUES: Facts = {
    "name": "Ada",
    "history": "",
    "picks": "",
    "watched": "Night Train",
    "picked": "Day Train",
    "country": "DE",
    "genre": "Drama",
    "mood": "Dark",
    "format": "films",
    "decade": "1980s",
}
GUEST = ProfileId("guest")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
class TestEveryKind:
    def test_it_has_texts_without_any_fact(self, kind: RowKind) -> None:
        assert kind.label({})
        assert kind.reason({}).endswith(".")

    def test_a_text_names_only_facts_of_the_row(self, kind: RowKind) -> None:
        for missing, value in VALUES.items():
            facts: dict[Fact, str] = {f: v for f, v in VALUES.items() if f != missing}
            text = f"{kind.label(facts)} {kind.reason(facts)}"
            assert "{" not in text
            assert not value or value not in text
            assert missing != "history" or "by what you watched" not in text

    def test_its_layout_rules_can_be_satisfied(self, kind: RowKind) -> None:
        assert 1 <= kind.minimum_tiles <= 6
        assert kind.no_later_than is None or 0 <= kind.no_later_than < 12


def plain_kind(name: str) -> RowKind:
    return RowKind(name=name, labels=(Template.of("Label"),), reasons=(Template.of("Reason."),))


class TestADeclaration:
    def test_two_kinds_with_one_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="declared twice: new"):
            register_kinds([plain_kind("new"), plain_kind("old"), plain_kind("new")])

    def test_a_kind_without_a_text_for_a_row_without_facts_is_refused(self) -> None:
        needing_a_name = (Template.of("For {name}"),)
        for labels in ((), needing_a_name):
            with pytest.raises(ValueError, match="must not need a fact"):
                RowKind(name="x", labels=labels, reasons=(Template.of("Reason."),))

    def test_a_template_with_an_unknown_fact_is_refused(self) -> None:
        with pytest.raises(ValueError, match="director"):
            Template.of("By {director}")

    def test_the_first_template_whose_facts_the_row_has_is_used(self) -> None:
        kind = RowKind(
            name="x",
            labels=(Template.of("{genre} for {name}"), Template.of("{genre}"), Template.of("All")),
            reasons=(Template.of("By what you watched.", "history"), Template.of("Reason.")),
        )
        assert kind.label({"genre": "Drama", "name": "Ada"}) == "Drama for Ada"
        assert kind.label({"genre": "Drama"}) == "Drama"
        assert kind.label({"name": "Ada"}) == "All"
        assert kind.reason({"history": ""}) == "By what you watched."
        assert kind.reason({"genre": "Drama"}) == "Reason."


class TestReasonsOnAPage:
    def reasons(self, harness: ReplicaHarness, profile_id: ProfileId) -> dict[str, str]:
        page = harness.page(profile_id, rows=40)
        return {row["kind"]: f"{row['name']} | {row['reason']}" for row in page.rows}

    def test_a_page_of_a_guest_states_nothing_about_a_history(
        self, harness: ReplicaHarness
    ) -> None:
        for text in self.reasons(harness, GUEST).values():
            assert "watched." not in text
            assert "you" not in text.lower().split()

    def test_a_page_of_a_member_states_the_basis_of_its_rows(self, harness: ReplicaHarness) -> None:
        facts = ProfileFacts(18, "US", ("en",), "Ada")
        harness.put_digest(digest_of(facts=facts, plays=(play(16), play(40))))
        reasons = self.reasons(harness, ProfileId("p-1"))
        assert reasons["top_picks"].startswith("Top picks for Ada | ")
        assert "by what you watched" in reasons["top_picks"]
        assert "by what you watched" in reasons["genre"]

    def test_an_order_by_popularity_is_not_attributed_to_the_member(
        self, harness: ReplicaHarness
    ) -> None:
        """Popularity may fill every role, and then no model reads the history."""
        snapshot = harness.service.published().snapshot
        object.__setattr__(snapshot.generation, "encoder", None)
        harness.put_digest(digest_of(plays=(play(16),), picks=(TitleId("t40"),)))
        for text in self.reasons(harness, ProfileId("p-1")).values():
            assert "by what you watched" not in text
            assert "by the titles you picked" not in text
            assert "for you" not in text

    def test_a_glance_is_not_a_history(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(plays=(play(16, fraction=0.01),)))
        for text in self.reasons(harness, ProfileId("p-1")).values():
            assert "by what you watched" not in text

    def test_an_onboarding_pick_was_picked_not_watched(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(picks=(TitleId("t16"),)))
        page = harness.page(rows=40)
        row = page.row("because_you_watched")
        assert row is not None
        assert row["name"] == "Because you picked Title 16"
        assert "watched" not in row["reason"]

    def test_a_played_pick_was_watched(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(plays=(play(16),), picks=(TitleId("t16"),)))
        row = harness.page(rows=40).row("because_you_watched")
        assert row is not None
        assert row["name"] == "Because you watched Title 16"

    @pytest.mark.parametrize(("country", "name"), [("DE", "Popular in DE"), ("ZZ", "Popular")])
    def test_only_a_country_with_plays_of_its_own_is_named(
        self, harness: ReplicaHarness, country: str, name: str
    ) -> None:
        row = harness.page(GUEST, country=country, rows=40).row("popular")
        assert row is not None
        assert row["name"] == name
        assert (country in row["reason"]) == (country in name)

    def test_spellings_of_one_genre_are_one_row_and_an_empty_genre_is_none(
        self, harness: ReplicaHarness
    ) -> None:
        for number, genre in enumerate(("Western", "western ", "WESTERN", "", "  ")):
            for copy in range(8):
                title = title_of(1_000 + 10 * number + copy, genres=(genre,), moods=())
                harness.launch(title)
        harness.poll()
        view = harness.service.published().snapshot.view
        labels = [facet.label for facet in view.facets if facet.kind == "genre"]
        assert [label for label in labels if label.casefold() == "western"] == ["Western"]
        assert all(labels)


class TestUnknownStoredKinds:
    def test_they_are_dropped_and_counted(self, harness: ReplicaHarness) -> None:
        harness.put_candidates({"new_to_you": range(300, 330), "lucky_dip": range(40, 80)})
        assert "lucky_dip" not in harness.page(rows=40).kinds()
        counted = b'marquee_online_unknown_row_kinds_total{kind="lucky_dip"} 1.0'
        assert counted in harness.service.metrics()


class TestWatchingRules:
    """Rows follow shared/rules/watching.py; the figures are those of the rules' docstrings."""

    def test_a_preview_of_twelve_seconds_stays_discoverable(self, harness: ReplicaHarness) -> None:
        assert "t0" in harness.page(GUEST).ids()
        preview = watched(0, position_s=12, seen_s=12, total_seen_s=12)
        harness.put_digest(digest_of(watched=(preview,)))
        page = harness.page()
        assert "t0" in page.ids()
        assert page.row("continue_watching") is None

    def test_two_minutes_are_a_start(self, harness: ReplicaHarness) -> None:
        started = watched(0, position_s=120, seen_s=120, total_seen_s=120)
        harness.put_digest(digest_of(watched=(started,)))
        assert harness.page().ids("continue_watching") == ["t0"]

    def test_an_episode_reported_complete_without_watched_seconds_is_a_start(
        self, harness: ReplicaHarness
    ) -> None:
        """Some players report only the end. The title is resumed, and discovered no more."""
        first = watched(
            3,
            episode_id=EpisodeId("t3-s1e1"),
            runtime_s=3_000,
            position_s=3_000,
            seen_s=0,
            total_seen_s=0,
            completed=True,
        )
        harness.put_digest(digest_of(watched=(first,)))
        page = harness.page()
        assert page.ids("continue_watching") == ["t3"]
        assert page.ids().count("t3") == 1

    def test_a_glance_at_the_next_episode_does_not_end_the_series(
        self, harness: ReplicaHarness
    ) -> None:
        second = watched(
            3,
            episode_id=EpisodeId("t3-s1e2"),
            runtime_s=3_000,
            position_s=20,
            seen_s=20,
            total_seen_s=20,
            finished_parts=("t3-s1e1",),
        )
        harness.put_digest(digest_of(watched=(second,)))
        assert harness.page().ids("continue_watching") == ["t3"]

    def test_a_dormant_title_may_be_discovered_again(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(watched=(watched(0, last_ms=NOW - 91 * DAY),)))
        page = harness.page()
        assert page.row("continue_watching") is None
        assert "t0" in page.ids()

    @pytest.mark.parametrize(("days", "is_shown"), [(13, False), (14, True)])
    def test_a_finished_title_rests_for_two_weeks(
        self, harness: ReplicaHarness, days: int, *, is_shown: bool
    ) -> None:
        assert WATCH_AGAIN_DAYS == 14
        seen = tuple(watched(n, completed=True, last_ms=NOW - days * DAY) for n in (0, 1))
        harness.put_digest(digest_of(watched=seen))
        assert (harness.page().row("watch_again") is not None) is is_shown

    def test_an_announced_episode_does_not_keep_a_series_unfinished(
        self, harness: ReplicaHarness
    ) -> None:
        episodes = (
            Episode(EpisodeId("a"), 1, 1, 3_000, NOW - DAY),
            Episode(EpisodeId("b"), 1, 2, 3_000, NOW + DAY),
        )
        harness.launch(title_of(903, kind="series", episodes=episodes))
        harness.poll()
        last = watched(
            903,
            completed=True,
            episode_id=EpisodeId("a"),
            runtime_s=3_000,
            finished_parts=("a",),
            last_ms=NOW - 20 * DAY,
        )
        harness.put_digest(
            digest_of(watched=(last, watched(0, completed=True, last_ms=NOW - 20 * DAY)))
        )
        page = harness.page()
        assert page.row("continue_watching") is None
        assert sorted(page.ids("watch_again")) == ["t0", "t903"]

    def test_a_member_who_finished_only_the_finale_resumes_with_the_first_episode(
        self, harness: ReplicaHarness
    ) -> None:
        finale = watched(3, completed=True, episode_id=EpisodeId("t3-s2e3"), runtime_s=3_000)
        harness.put_digest(digest_of(watched=(finale,)))
        row = harness.page().row("continue_watching")
        assert row is not None
        assert row["tiles"][0]["reason"] == "Next: S1 E1"

    @pytest.mark.parametrize(("fraction", "anchored"), [(0.69, False), (0.7, True)])
    def test_an_anchor_was_watched_for_seven_tenths(
        self, harness: ReplicaHarness, fraction: float, *, anchored: bool
    ) -> None:
        harness.put_digest(digest_of(plays=(play(16, fraction),)))
        assert (harness.page(rows=40).row("because_you_watched") is not None) is anchored

    def test_an_anchor_is_at_most_a_year_old(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(plays=(play(16, age_ms=366 * DAY),)))
        assert harness.page(rows=40).row("because_you_watched") is None

    def test_half_a_star_is_a_dislike(self, harness: ReplicaHarness) -> None:
        assert "t0" in harness.page(GUEST).ids()
        harness.put_digest(digest_of(plays=(play(0),), ratings={TitleId("t0"): 0.5}))
        page = harness.page(rows=40)
        assert "t0" not in page.ids()
        assert page.row("because_you_watched") is None
