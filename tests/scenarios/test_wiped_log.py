"""A log that was deleted while the store was not: the worker stops until `marquee rebuild`."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient

from infra import schema
from infra.settings import Settings
from infra.wiring import open_log, open_store
from nearline.upkeep.inspection import read_profile
from shared.store.tables import PROFILE_STATE
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import thumb
from tests.scenarios.harness.children import run_marquee
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.folding import append_events, fold_all, table_contents
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def test_a_deleted_log_stops_the_worker_until_the_operator_rebuilds(
    stack: TestStack,
) -> None:
    fresh = stack.fresh(partitions=2)
    settings = replace(fresh, nearline=replace(fresh.nearline, metrics_port=0))
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        append_events(log, [thumb("before", "a", 1), thumb("before-2", "b", -1)])
        fold_all(log, store)
        previous_rows = table_contents(store, PROFILE_STATE)
        _wipe(settings, [SIGNALS, EXPOSURES])
        assert set(schema.apply(settings).replaced) == {SIGNALS, EXPOSURES}
        append_events(log, [thumb("after", "c", 1)])

        code, lines = run_marquee(settings, "nearline")
        assert code == 1
        message = lines[-1]
        assert message.startswith("marquee: ")
        assert "was deleted and created again" in message
        assert "`marquee rebuild`" in message
        assert not any("Traceback" in line for line in lines)
        assert table_contents(store, PROFILE_STATE) == previous_rows

        code, lines = run_marquee(settings, "rebuild")
        assert code == 0, lines
        assert any("topic signals is now incarnation 2" in line for line in lines)

    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        fold_all(log, store)
        digest = read_profile(store, "p").digest
        assert digest is not None
        assert digest.thumbs == {"a": 1, "b": -1, "c": 1}
        assert digest.position.incarnation == 2


def _wipe(settings: Settings, topics: Sequence[str]) -> None:
    """Delete topics, as when the disk of a broker is lost."""
    names = [f"{settings.kafka.topic_prefix}{topic}" for topic in topics]
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.servers)
    try:
        admin.delete_topics(names)
        eventually(lambda: set(names) & set(admin.list_topics()), lambda remaining: not remaining)
    finally:
        admin.close()
