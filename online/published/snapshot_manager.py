"""The snapshots a replica can serve: the published generation, the one before it, and the static
page; swapped whole, never changed.
"""

import logging
from dataclasses import dataclass

from online.published.catalog_feed import CatalogFeed
from online.published.catalog_view import CatalogView
from online.published.loader import GenerationLoader, Pointer
from online.published.serving_snapshot import (
    LoadedGeneration,
    ServingSnapshot,
    make_serving_snapshot,
)
from shared.artifacts.generation import Generation
from shared.clock import Clock
from shared.errors import ArtifactCorrupt, ArtifactMissing, MarqueeError, Retryable
from shared.ids import GenerationId
from shared.log.port import Log
from shared.records.page import StaticPage
from shared.records.static_page import build_static_page
from shared.store.port import Store
from shared.store.tables import PUBLICATIONS

logger = logging.getLogger(__name__)

NOTHING_PUBLISHED = Generation(
    generation_id=GenerationId(""),
    created_ms=0,
    roles={},
    catalog_incarnation="",
    catalog_next_offset=0,
)


@dataclass
class _Held:
    feed: CatalogFeed
    snapshot: ServingSnapshot


class SnapshotManager:
    """What is published, as this replica knows it.

    `poll_pointer` and `poll_catalog` run in one background thread; `current` may be read from any.
    Starts from local disk, so that a replica that restarts while store and network are gone serves
    what it served before.
    """

    def __init__(
        self, store: Store, log: Log, loader: GenerationLoader, clock: Clock, arm: str
    ) -> None:
        self._store = store
        self._log = log
        self._loader = loader
        self._clock = clock
        self._arm = arm
        self._held: dict[GenerationId, _Held] = {}
        self._pointer: Pointer | None = None
        self._nothing = self._hold(LoadedGeneration(NOTHING_PUBLISHED, ()))
        self._current = self._nothing
        self._static: StaticPage | None = None
        self._complaint = ""

    @property
    def current(self) -> ServingSnapshot:
        """The snapshot to serve now."""
        return self._current.snapshot

    def catalog_age_ms(self) -> int | None:
        """How old the catalog of the current snapshot is; None when it was never followed to its
        end.
        """
        return self._current.feed.age_ms(self._clock.now_ms())

    def static_page(self) -> StaticPage | None:
        """The page of last resort: the generation's, else the one made at import, else none."""
        return self.current.generation.static_page or self._static

    @property
    def ready(self) -> bool:
        """Whether there is anything to show."""
        page = self.static_page()
        return self.current.published or (page is not None and bool(page.rows))

    def poll_pointer(self) -> bool:
        """Look which generation is published and load it; True when the current snapshot changed.
        Failures leave what there is.
        """
        pointer = self._published() or (
            self._loader.remembered() if self._pointer is None else None
        )
        if pointer is None:
            self._find_static()
            return False
        if pointer == self._pointer:
            return False
        return self._turn_to(pointer)

    def poll_catalog(self) -> bool:
        """Take in catalog changes; True when the current snapshot changed. An unavailable log
        leaves what there is.
        """
        changed = False
        for held in {id(held): held for held in (self._current, *self._held.values())}.values():
            try:
                moved = held.feed.poll(self._log)
            except MarqueeError as error:
                self._complain(f"the catalog is not followed: {error}")
                return changed
            if moved:
                held.snapshot = make_serving_snapshot(held.snapshot.generation, held.feed.view)
                changed |= held is self._current
        self._complaint = ""
        if self._current is self._nothing and self._static is None and len(self._nothing.feed.view):
            self._build_static()
        return changed

    def _complain(self, complaint: str) -> None:
        """Say it once, not four times a second."""
        if complaint != self._complaint:
            self._complaint = complaint
            logger.warning(complaint)

    def _published(self) -> Pointer | None:
        try:
            rows = self._store.read(PUBLICATIONS, (self._arm,))
        except Retryable as error:
            logger.debug("publication pointer not read: %s", error)
            return None
        for cells in rows.values():
            return Pointer(GenerationId(str(cells["current"])), str(cells.get("previous", "")))
        return None

    def _turn_to(self, pointer: Pointer) -> bool:
        try:
            held = self._held.get(pointer.current) or self._hold(self._loader.load(pointer.current))
        except (ArtifactMissing, ArtifactCorrupt, Retryable):
            logger.exception(
                "generation %s cannot be loaded; still serving %s",
                pointer.current,
                self.current.generation.manifest.generation_id,
            )
            return False
        self._catch_up(held)
        before = self._current
        kept = (
            {before.snapshot.generation.manifest.generation_id: before}
            if before is not self._nothing
            else {}
        )
        self._held = {**kept, pointer.current: held}
        self._current = held
        self._pointer = pointer
        self._loader.remember(pointer)
        logger.info("serving generation %s", pointer.current)
        return True

    def _hold(self, generation: LoadedGeneration) -> _Held:
        view = CatalogView.of(generation.titles)
        return _Held(
            CatalogFeed(generation.manifest, view, self._clock),
            make_serving_snapshot(generation, view),
        )

    def _catch_up(self, held: _Held) -> None:
        """Before the first page is made from it, so that no page shows what was withdrawn since the
        snapshot.
        """
        try:
            if held.feed.poll(self._log):
                held.snapshot = make_serving_snapshot(held.snapshot.generation, held.feed.view)
        except Retryable as error:
            logger.warning(
                "generation %s begins without the catalog's changes: %s",
                held.snapshot.generation.manifest.generation_id,
                error,
            )

    def _find_static(self) -> None:
        if self._static is None:
            try:
                self._static = self._loader.static_page()
            except ArtifactCorrupt:
                logger.exception("the static page made at import cannot be read")

    def _build_static(self) -> None:
        titles = tuple(self._nothing.feed.view.catalog().titles.values())
        self._static = build_static_page(titles, self._clock.now_ms())
