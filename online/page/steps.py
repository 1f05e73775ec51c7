"""The common form of all steps of a page: measured, guarded, limited, and reported by name.

A step is a function and its inputs. A failed step is counted, logged and named in the page's
`degraded`. A failed `optional` step is replaced by a default. After a failed `required` step, the
ladder descends; without a further rung, the page of last resort is served.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar, TypeVarTuple

from online.settings import WorkBudgets
from online.telemetry import Telemetry
from shared.clock import Clock

logger = logging.getLogger(__name__)

Inputs = TypeVarTuple("Inputs")
Output = TypeVar("Output")

StepName = Literal[
    "admission",  # whether there is time for a full page
    "plan",  # the snapshot and settings of the caller's arm
    "hydrate",  # read the profile's signals from the store
    "trending",  # read the counts of trending titles from the store
    "context",  # filters and masks of the request
    "ladder",  # the rungs to try
    "relevance",  # the score of every title of the catalog
    "sources",  # candidate rows
    "filter",  # candidates that may be shown
    "score",  # the order and value of candidates
    "layout",  # the rows and tiles of the page
    "evidence",  # labels and reasons
    "explore",  # the tile that is drawn by chance
    "respond",  # bytes
    "log",  # the record of the served page
    "store",  # the page for scrolling
    "finish",  # metrics of the page
]


class StepFailed(Exception):
    """A required step failed: the page of this rung cannot be made."""


class StepRunner:
    """Runs the steps of one request; for one event loop.

    `degraded` collects the names of failures and overruns, each once: `step:NAME`, the name of a
    part such as `source:new` or `filter:disliked`, and `overrun:` before the name of what exceeded
    its work budget. `duration_ms` holds the duration of each step.
    """

    def __init__(
        self, telemetry: Telemetry, clock: Clock, budgets: WorkBudgets, request_id: str
    ) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._budgets = budgets
        self._request_id = request_id
        self._degraded: dict[str, None] = {}
        self.duration_ms: dict[str, float] = {}

    @property
    def degraded(self) -> tuple[str, ...]:
        """The failures and overruns so far, in their order."""
        return tuple(self._degraded)

    @property
    def total_ms(self) -> float:
        """The duration of the finished steps together."""
        return sum(self.duration_ms.values())

    @property
    def rows_per_source(self) -> int:
        """The maximum number of rows of one source."""
        return self._budgets.rows_per_source

    def required(
        self, step: StepName, compute: Callable[[*Inputs], Output], *inputs: *Inputs
    ) -> Output:
        """The step's result.

        Raises:
            StepFailed: `compute` raised; the ladder descends.
        """
        began_s = self._clock.monotonic_s()
        try:
            return self._guarded(f"step:{step}", compute, *inputs)
        finally:
            self._record(step, began_s, self._budgets.step_ms)

    def optional(
        self,
        step: StepName,
        default: Output,
        compute: Callable[[*Inputs], Output],
        *inputs: *Inputs,
    ) -> Output:
        """The step's result, or the default if `compute` raised."""
        try:
            return self.required(step, compute, *inputs)
        except StepFailed:
            return default

    def optional_part(
        self, name: str, compute: Callable[[*Inputs], Output], *inputs: *Inputs
    ) -> Output | None:
        """The result of one part of a step, such as one source; None if it raised."""
        began_s = self._clock.monotonic_s()
        try:
            return self._guarded(name, compute, *inputs)
        except StepFailed:
            return None
        finally:
            self._check_budget(name, began_s, self._budgets.part_ms)

    async def awaited(
        self,
        step: StepName,
        default: Output,
        deadline_ms: float,
        read: Callable[[*Inputs], Awaitable[Output]],
        *inputs: *Inputs,
    ) -> Output:
        """The awaited result, or the default if it failed or missed the deadline."""
        began_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await read(*inputs)
        except Exception:  # noqa: BLE001 the step is named in `degraded`
            self._report_failure(f"step:{step}")
            return default
        finally:
            self._record(step, began_s, deadline_ms)

    def report(self, name: str) -> None:
        """Add a name to `degraded`."""
        self._degraded[name] = None

    def fail(self, step: StepName) -> None:
        """Count, log and name the failure of a step; call it while its exception is handled."""
        self._report_failure(f"step:{step}")

    def observe(self) -> None:
        """Record the durations of the finished steps in the metrics."""
        for step, duration_ms in self.duration_ms.items():
            self._telemetry.step_seconds.labels(step).observe(duration_ms / 1000)
        self._telemetry.page_seconds.observe(self.total_ms / 1000)

    def _guarded(self, name: str, compute: Callable[[*Inputs], Output], *inputs: *Inputs) -> Output:
        try:
            return compute(*inputs)
        except Exception as error:
            self._report_failure(name)
            raise StepFailed(name) from error

    def _record(self, step: StepName, began_s: float, budget_ms: float) -> None:
        duration_ms = self._check_budget(f"step:{step}", began_s, budget_ms)
        self.duration_ms[step] = round(self.duration_ms.get(step, 0.0) + duration_ms, 3)

    def _check_budget(self, name: str, began_s: float, budget_ms: float) -> float:
        duration_ms = (self._clock.monotonic_s() - began_s) * 1000
        if duration_ms > budget_ms:
            self._telemetry.step_overruns.labels(name).inc()
            self.report(f"overrun:{name}")
        return duration_ms

    def _report_failure(self, name: str) -> None:
        self._telemetry.step_failures.labels(name).inc()
        logger.exception("%s failed for request %s", name, self._request_id)
        self.report(name)
