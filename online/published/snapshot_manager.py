"""The snapshots that a replica can serve, by arm; each is replaced as a whole."""

import logging
from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class PublishedSnapshot:
    """The snapshot that an arm serves now, and its static page.

    `static_page` is the generation's, otherwise the one made at import. `catalog_age_ms` is None
    before the end of the catalog's topic was reached.
    """

    snapshot: ServingSnapshot
    static_page: StaticPage | None
    catalog_age_ms: int | None

    @property
    def ready(self) -> bool:
        """Whether there is a page to serve."""
        page = self.static_page
        return self.snapshot.published or (page is not None and bool(page.rows))


@dataclass
class _Followed:
    """A loaded generation, and the snapshot over its catalog as followed until now."""

    feed: CatalogFeed
    snapshot: ServingSnapshot


@dataclass
class _ArmState:
    """The generation that an arm serves, and the one before it for a rollback."""

    current: _Followed
    previous: _Followed | None = None
    pointer: Pointer | None = None


class SnapshotManager:
    """The published snapshots of each arm.

    `poll_pointer` and `poll_catalog` run in one background thread; `published` may be called from
    any. A replica starts from local disk, so that it serves the same generation after a restart
    without store and network.
    """

    def __init__(
        self, store: Store, log: Log, loader: GenerationLoader, clock: Clock, arms: Iterable[str]
    ) -> None:
        self._store = store
        self._log = log
        self._loader = loader
        self._clock = clock
        self._nothing = self._follow(LoadedGeneration(NOTHING_PUBLISHED, ()))
        self._arms = {arm: _ArmState(self._nothing) for arm in arms}
        self._import_page: StaticPage | None = None
        self._last_warning = ""

    def published(self, arm: str) -> PublishedSnapshot:
        """The snapshot that the arm serves now."""
        current = self._arms[arm].current
        snapshot, age_ms = current.snapshot, self._age_ms(current.feed)
        static_page = snapshot.generation.static_page or self._import_page
        return PublishedSnapshot(snapshot, static_page, age_ms)

    def _age_ms(self, feed: CatalogFeed) -> int | None:
        try:
            return feed.age_ms(self._clock.now_ms())
        except Exception:  # a page is served without the age
            logger.exception("the age of the catalog is unknown")
            return None

    def poll_pointer(self) -> bool:
        """Read which generation each arm serves and load it; True when a snapshot changed.

        A failure changes nothing.
        """
        changed = [self._poll_arm(arm) for arm in self._arms]
        return any(changed)

    def poll_catalog(self) -> bool:
        """Apply catalog changes; True when a snapshot changed.

        An unavailable log changes nothing.
        """
        changed = False
        for followed in self._all_followed():
            try:
                has_changed = followed.feed.poll(self._log)
            except MarqueeError as error:
                self._warn_once(f"the catalog is not followed: {error}")
                return changed
            if has_changed:
                followed.snapshot = make_serving_snapshot(
                    followed.snapshot.generation, followed.feed.view
                )
                changed |= any(arm.current is followed for arm in self._arms.values())
        self._last_warning = ""
        if self._import_page is None and len(self._nothing.feed.view):
            titles = tuple(self._nothing.feed.view.catalog().titles.values())
            self._import_page = build_static_page(titles, self._clock.now_ms())
        return changed

    def _all_followed(self) -> Sequence[_Followed]:
        arms = self._arms.values()
        served = [f for arm in arms for f in (arm.current, arm.previous) if f is not None]
        return list({id(followed): followed for followed in served}.values())

    def _poll_arm(self, arm: str) -> bool:
        state = self._arms[arm]
        pointer = self._read_pointer(arm)
        if pointer is None and state.pointer is None:
            pointer = self._loader.remembered(arm)
        if pointer is None:
            self._find_import_page()
            return False
        return pointer != state.pointer and self._switch(arm, pointer)

    def _read_pointer(self, arm: str) -> Pointer | None:
        try:
            rows = self._store.read(PUBLICATIONS, (arm,))
        except Retryable as error:
            logger.debug("publication pointer not read: %s", error)
            return None
        for cells in rows.values():
            return Pointer(GenerationId(str(cells["current"])), str(cells.get("previous", "")))
        return None

    def _switch(self, arm: str, pointer: Pointer) -> bool:
        """Serve another generation; True unless it cannot be loaded."""
        state = self._arms[arm]
        try:
            followed = self._loaded(pointer.current)
        except (ArtifactMissing, ArtifactCorrupt, Retryable):
            logger.exception(
                "generation %s cannot be loaded; still serving %s",
                pointer.current,
                state.current.snapshot.generation_id,
            )
            return False
        self._catch_up(followed)
        previous = None if state.current is self._nothing else state.current
        self._arms[arm] = _ArmState(followed, previous, pointer)
        self._loader.remember(arm, pointer)
        logger.info("serving generation %s", pointer.current)
        return True

    def _loaded(self, generation_id: GenerationId) -> _Followed:
        for followed in self._all_followed():
            if followed.snapshot.generation_id == generation_id:
                return followed
        return self._follow(self._loader.load(generation_id))

    def _follow(self, generation: LoadedGeneration) -> _Followed:
        view = CatalogView.of(generation.titles)
        return _Followed(
            CatalogFeed(generation.manifest, view, self._clock),
            make_serving_snapshot(generation, view),
        )

    def _catch_up(self, followed: _Followed) -> None:
        """Apply the catalog's changes before the first page, so no page shows a withdrawn title."""
        try:
            if followed.feed.poll(self._log):
                followed.snapshot = make_serving_snapshot(
                    followed.snapshot.generation, followed.feed.view
                )
        except Retryable as error:
            logger.warning(
                "generation %s begins without the catalog's changes: %s",
                followed.snapshot.generation_id,
                error,
            )

    def _find_import_page(self) -> None:
        if self._import_page is None:
            try:
                self._import_page = self._loader.static_page()
            except ArtifactCorrupt:
                logger.exception("the static page made at import cannot be read")

    def _warn_once(self, warning: str) -> None:
        """Log a warning unless it equals the last one; polls repeat several times a second."""
        if warning != self._last_warning:
            self._last_warning = warning
            logger.warning(warning)
