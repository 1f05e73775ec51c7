"""Resolve the plan of a request: the caller's arm, then the snapshot and settings of that arm."""

from collections.abc import Callable, Mapping

from online.page.context import Caller, PagePlan
from online.page.layout import stagewise_layout
from online.page.ranking.ranker import hand_set_ranker
from online.page.ranking.relevance import catalog_relevance
from online.page.sources.registry import SOURCES
from online.published.snapshot_manager import SnapshotManager
from online.settings import PageSettings

ArmAssignment = Callable[[Caller], str]


class Planner:
    """Resolves plans; every arm must be one that `snapshots` follows.

    Args:
        snapshots: the published snapshots of the arms.
        arms: the page settings of each arm.
        assign: the arm of a caller, one of `arms`.
        default_arm: replaces the arm of a stored page after that arm has ended.
    """

    def __init__(
        self,
        snapshots: SnapshotManager,
        arms: Mapping[str, PageSettings],
        assign: ArmAssignment,
        default_arm: str,
    ) -> None:
        self._snapshots = snapshots
        self._arms = arms
        self._assign = assign
        self._default_arm = default_arm

    def plan(self, caller: Caller) -> PagePlan:
        """The plan of a caller's request."""
        return self.plan_of_arm(self._assign(caller))

    def default_plan(self) -> PagePlan:
        """The plan of the default arm, for when the caller's plan cannot be resolved."""
        return self.plan_of_arm(self._default_arm)

    def plan_of_arm(self, arm: str) -> PagePlan:
        """The plan of an arm, or of the default arm if the arm has ended."""
        if arm not in self._arms:
            arm = self._default_arm
        published = self._snapshots.published(arm)
        return PagePlan(
            arm=arm,
            snapshot=published.snapshot,
            settings=self._arms[arm],
            static_page=published.static_page,
            catalog_age_ms=published.catalog_age_ms,
            sources=SOURCES,
            relevance=catalog_relevance,
            ranker=hand_set_ranker,
            layout=stagewise_layout,
        )
