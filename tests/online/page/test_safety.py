"""Safety: no page shows a title that may not be shown; generated claims and failures."""

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from online.page.filters import effective_ceiling
from online.published.catalog_view import CatalogView
from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import EVERYWHERE, KIDS_AGE, Title, Window
from shared.clock import ManualClock
from shared.events.catalog import TitleWithdrawn
from shared.ids import ProfileId, TitleId
from shared.records.digest import Facts
from shared.store.tables import (
    ALL_TABLES,
    PAGES,
    PROFILE_CANDIDATES,
    PROFILE_EXPOSURES,
    PROFILE_STATE,
)
from tests.online.faults import FaultyStore
from tests.online.harness import ReplicaHarness
from tests.online.samples import DAY, NOW, digest_of, play, title_of, watched

COUNTRIES = ("US", "DE", "FR")
TABLES = (PROFILE_STATE.name, PROFILE_EXPOSURES.name, PROFILE_CANDIDATES.name, PAGES.name, "*")

countries = st.sampled_from([None, *COUNTRIES])
ceilings = st.sampled_from([None, 0, 6, 7, 12, 17, 18])


def catalog_of(seed: int) -> list[Title]:
    """Twenty to sixty titles with every kind of gap: unknown ages, no license, windows that open or
    close about now, launches to come.
    """
    rng = random.Random(seed)
    edges = (0, NOW - DAY, NOW, NOW + 1, NOW + DAY)
    return [
        title_of(
            number,
            maturity=rng.choice((None, 0, 7, 12, 16, 18)),
            windows=tuple(
                Window(
                    rng.choice((EVERYWHERE, *COUNTRIES)),
                    rng.choice(edges),
                    rng.choice((None, *edges)),
                )
                for _ in range(rng.randrange(4))
            ),
            launch_ms=rng.choice((0, NOW - DAY, NOW, NOW + 1)),
        )
        for number in range(rng.randrange(20, 60))
    ]


def titles() -> st.SearchStrategy[list[Title]]:
    """Catalogs by seed, because drawing every field of sixty titles is slower than the pages."""
    return st.integers(0, 2**32).map(catalog_of)


def may_be_shown(
    title: Title, ceiling: int, country: str | None, now_ms: int, everywhere: set[str]
) -> bool:
    licensed = is_licensed(title, country, now_ms)
    if country is None and everywhere:
        licensed = licensed or all(is_licensed(title, code, now_ms) for code in everywhere)
    return licensed and is_launched(title, now_ms) and maturity_of(title) <= ceiling


def known_countries(catalog: list[Title]) -> set[str]:
    return {window.country for title in catalog for window in title.windows} - {EVERYWHERE}


@given(
    titles(),
    st.sampled_from([0, 7, 12, 18]),
    countries,
    st.lists(st.sampled_from([0, 1, DAY - 1, DAY]), min_size=1, max_size=3),
)
def test_the_mask_agrees_with_the_catalog_at_every_instant(
    catalog: list[Title], ceiling: int, country: str | None, steps: list[int]
) -> None:
    view, now_ms = CatalogView.of(catalog), NOW - DAY
    for step in steps:
        now_ms += step
        expected = [
            may_be_shown(title, ceiling, country, now_ms, known_countries(catalog))
            for title in catalog
        ]
        assert view.allowed(ceiling, country, now_ms).tolist() == expected


@given(titles(), titles(), st.sets(st.integers(0, 59)), countries)
def test_a_changed_view_equals_a_new_one(
    first: list[Title], second: list[Title], withdrawn_numbers: set[int], country: str | None
) -> None:
    withdrawn = [TitleId(f"t{n}") for n in withdrawn_numbers]
    changed = CatalogView.of(first).with_changes(second).with_changes((), withdrawn)
    remaining = {
        title.title_id: title for title in [*first, *second] if title.title_id not in set(withdrawn)
    }
    fresh = CatalogView.of(list(remaining.values()))
    allowed = (
        {changed.title_ids[n] for n in changed.allowed(18, country, NOW).nonzero()[0].tolist()}
        if country
        else set()
    )
    expected = (
        {fresh.title_ids[n] for n in fresh.allowed(18, country, NOW).nonzero()[0].tolist()}
        if country
        else set()
    )
    assert allowed == expected
    for code, facet in enumerate(changed.facets):
        members = {changed.title_ids[n] for n in changed.membership[code].nonzero()[0].tolist()}
        fresh_code = fresh.facet_codes.get(facet)
        assert members == (
            {fresh.title_ids[n] for n in fresh.membership[fresh_code].nonzero()[0].tolist()}
            if fresh_code is not None
            else set()
        )


def test_the_lower_of_claim_and_facts_applies_and_neither_means_kids() -> None:
    assert effective_ceiling(18, [12]) == 12
    assert effective_ceiling(7, [18]) == 7
    assert effective_ceiling(None, [16, None]) == 16
    assert effective_ceiling(16, [None]) == 16
    assert effective_ceiling(None, [None]) == KIDS_AGE == 7


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    claim=ceilings,
    fact=ceilings,
    claimed_country=countries,
    own_country=st.sampled_from(COUNTRIES),
    down=st.sets(st.sampled_from(TABLES), max_size=2),
    first_up=st.booleans(),
    taken_down=st.integers(0, 19),
)
def test_no_page_shows_a_title_that_may_not_be_shown(
    seed: int,
    claim: int | None,
    fact: int | None,
    claimed_country: str | None,
    own_country: str,
    down: set[str],
    *,
    first_up: bool,
    taken_down: int,
) -> None:
    catalog = catalog_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        harness, store = _stage(Path(folder), catalog)
        profile = _profile_with_every_title(harness, catalog, fact, own_country)
        store.down = frozenset() if first_up else frozenset(down)
        harness.page(profile, "r-1", ceiling=claim, country=claimed_country)
        store.down = frozenset(down)
        harness.announce(TitleWithdrawn(title_id=TitleId(f"t{taken_down}")), "w")
        harness.poll()
        page = harness.page(
            profile, "r-2", ceiling=claim, country=claimed_country, rows=40, columns=40
        )
        # The precomputed rows have a copy of the ceiling.
        sources = ({"*", PROFILE_STATE.name}, {"*", PROFILE_CANDIDATES.name})
        readable = first_up or any(not down & source for source in sources)
        ceiling = min(
            [c for c in (claim, fact if readable else None) if c is not None], default=KIDS_AGE
        )
        has_facts = page.rung == "fresh" and fact is not None
        country = claimed_country or (own_country if has_facts else None)
        by_id = {title.title_id: title for title in catalog}
        for title_id in page.ids():
            title = by_id[TitleId(title_id)]
            assert maturity_of(title) <= max(
                ceiling, KIDS_AGE if claim is None and not readable else 0
            )
            assert is_launched(title, NOW)
            assert title_id != f"t{taken_down}"
            if country is not None:
                assert is_licensed(title, country, NOW)


def _profile_with_every_title(
    harness: ReplicaHarness, catalog: list[Title], ceiling: int | None, country: str
) -> ProfileId:
    """A profile with all titles in its list and precomputed rows; no facts without a ceiling."""
    profile = ProfileId("child")
    harness.put_digest(
        digest_of(
            facts=None if ceiling is None else Facts(ceiling, country, ("en",), None),
            plays=tuple(play(n) for n in range(10)),
            watched=tuple(watched(n) for n in range(10, 16)),
            my_list=tuple(TitleId(title.title_id) for title in catalog),
        ),
        profile,
    )
    harness.put_candidates(
        {"top_picks": range(len(catalog)), "new_to_you": range(len(catalog))},
        profile,
        maturity_ceiling=ceiling,
        country=country,
    )
    return profile


def _stage(folder: Path, catalog: list[Title]) -> tuple[ReplicaHarness, FaultyStore]:
    clock = ManualClock(NOW)
    store = FaultyStore(clock)
    store.migrate(ALL_TABLES)
    harness = ReplicaHarness(folder, store, catalog, clock=clock)
    harness.publish()
    return harness, store
