"""How far nearline is behind, as its own metrics say."""

from collections.abc import Iterable

import httpx
from prometheus_client.parser import text_string_to_metric_families

from infra.local.tiers import RunningTier
from infra.settings.sections import Settings

GAUGE = "marquee_nearline_lag_records"
TIMEOUT_S = 5.0


class Lag:
    """Records not yet folded, over all workers; call it to ask.

    The gauge is renewed about once a second, so a single zero may be older than the last record:
    `left` is 0 only after zeros more than a second apart, and only once every partition has an
    owner.
    """

    def __init__(self, settings: Settings, workers: Iterable[RunningTier]) -> None:
        self._urls = [worker.ready_url for worker in workers]
        self._partitions = 2 * settings.kafka.partitions
        self._zeros = 0

    def left(self) -> int:
        """At least 1 while anything may be left; call it several times a second."""
        owned: dict[tuple[str, str], float] = {}
        for url in self._urls:
            owned |= partition_lags(_metrics(url))
        lag = int(sum(owned.values()))
        self._zeros = self._zeros + 1 if lag == 0 and len(owned) == self._partitions else 0
        return lag if lag else int(self._zeros < SETTLED)


SETTLED = 10


def partition_lags(text: str) -> dict[tuple[str, str], float]:
    """(topic, partition) to records not yet read, from a page of metrics."""
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
