"""The lag of the nearline workers, from their Prometheus metrics."""

from collections.abc import Iterable
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from infra.local.tiers import RunningTier
from infra.settings.sections import Settings

GAUGE: Final = "marquee_nearline_lag_records"
TIMEOUT_S: Final = 5.0
MIN_ZERO_READINGS: Final = 10
"""With five readings a second, this many zeros span two updates of the gauge."""


class NearlineLag:
    """The number of records not yet folded, over all workers.

    The workers update the gauge about once a second, so one zero may be older than the last record.
    `remaining` is 0 only after `MIN_ZERO_READINGS` zeros, with every partition assigned.
    """

    def __init__(self, settings: Settings, workers: Iterable[RunningTier]) -> None:
        self._urls = [worker.ready_url for worker in workers]
        self._partitions = 2 * settings.kafka.partitions
        self._zero_readings = 0

    def remaining(self) -> int:
        """At least 1 while records may remain; call it several times a second."""
        lags: dict[tuple[str, str], float] = {}
        for url in self._urls:
            lags |= partition_lags(_metrics(url))
        lag = int(sum(lags.values()))
        is_zero = lag == 0 and len(lags) == self._partitions
        self._zero_readings = self._zero_readings + 1 if is_zero else 0
        return lag if lag else int(self._zero_readings < MIN_ZERO_READINGS)


def partition_lags(text: str) -> dict[tuple[str, str], float]:
    """The lag per (topic, partition) in a Prometheus text page."""
    return {
        (sample.labels["topic"], sample.labels["partition"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == GAUGE
        for sample in family.samples
    }


def _metrics(url: str) -> str:
    try:
        return httpx.get(url, timeout=TIMEOUT_S).text
    except httpx.HTTPError:
        return ""
