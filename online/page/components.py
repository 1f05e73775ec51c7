"""The components that make the pages of a replica."""

from dataclasses import dataclass

from online.page.admission import Admission
from online.page.planner import Planner
from online.page.served.exposure_log import ExposureLog
from online.page.served.stored_pages import StoredPages
from online.page.signals.hydrate import Hydrator
from online.page.signals.trending import Trending
from online.page.steps import StepRunner
from online.settings import Deadlines, WorkBudgets
from online.telemetry import Telemetry
from shared.clock import Clock


@dataclass(frozen=True)
class PageComponents:
    """The components of a page; `token_key` signs the tokens of drawn tiles."""

    planner: Planner
    admission: Admission
    hydrator: Hydrator
    trending: Trending
    pages: StoredPages
    exposures: ExposureLog
    telemetry: Telemetry
    clock: Clock
    deadlines: Deadlines
    budgets: WorkBudgets
    token_key: str

    def new_steps(self, request_id: str) -> StepRunner:
        """Return the runner of the steps of one request."""
        return StepRunner(self.telemetry, self.clock, self.budgets, request_id)
