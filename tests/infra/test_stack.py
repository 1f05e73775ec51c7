"""The local Kafka and Cassandra: start, repeated start, crash, restart and stop."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from infra import schema
from infra.local.status import ServiceStatus, service_statuses
from infra.settings.environment import environment_of
from infra.wiring import open_log, open_store
from shared.log.port import OutgoingRecord, Partition
from shared.store.port import Cells, Key, Write
from shared.store.tables import PROFILE_STATE
from shared.topics import DEAD_LETTERS
from tests.stack import TestStack

pytestmark = pytest.mark.stack

ROW: dict[Key, Cells] = {("digest",): {"value": b"v"}}


def test_starting_a_running_stack_starts_nothing(stack: TestStack) -> None:
    assert stack.start() == []


def test_applying_the_schema_again_changes_nothing(stack: TestStack) -> None:
    settings = stack.fresh()
    assert schema.apply(settings) == schema.Applied((), ())


def test_everything_listens_on_loopback_only(own_stack: TestStack) -> None:
    for service in stack_status(own_stack):
        assert service.pid is not None
        listening = {
            c.laddr.ip
            for c in psutil.Process(service.pid).net_connections("inet")
            if c.status == psutil.CONN_LISTEN
        }
        assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}, service.name


def stack_status(running: TestStack) -> list[ServiceStatus]:
    return service_statuses(running.settings)


@pytest.mark.slow
def test_killed_services_restart_with_all_acknowledged_writes(own_stack: TestStack) -> None:
    settings = own_stack.fresh()
    with (
        closing(open_log(settings)) as log,
        closing(open_store(settings)) as store,
        closing(log.producer()) as producer,
    ):
        sent = [
            producer.send(OutgoingRecord(DEAD_LETTERS, b"k", str(n).encode())) for n in range(50)
        ]
        producer.flush(30)
        assert all(future.exception() is None for future in sent)
        store.write([Write(PROFILE_STATE, (f"p{n}",), ROW, 1) for n in range(200)])
        own_stack.kill("kafka")
        own_stack.kill("cassandra")
    assert [service.is_up for service in stack_status(own_stack)] == [False, False]

    assert own_stack.start() == ["kafka", "cassandra"]

    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        assert [record.value for record in log.read(Partition(DEAD_LETTERS, 0), 0, 50)] == [
            str(n).encode() for n in range(50)
        ]
        assert all(store.read(PROFILE_STATE, (f"p{n}",)) == ROW for n in range(200))


@pytest.mark.slow
def test_down_stops_every_process_and_can_be_repeated(own_stack: TestStack) -> None:
    home = str(own_stack.settings.home)
    assert own_stack.stop() == ["kafka", "cassandra"]
    assert not [
        process for process in psutil.process_iter() if home in " ".join(command_line(process))
    ]
    assert own_stack.stop() == []


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.slow
def test_a_service_that_ends_while_starting_is_reported_with_its_logs(
    own_stack: TestStack, tmp_path: Path
) -> None:
    own_stack.kill("kafka")
    meta = own_stack.settings.home / "data" / "kafka" / "meta.properties"
    text = meta.read_text()
    meta.write_text(text.replace("version=1", "version=77"))
    with pytest.raises(Exception, match=r"Kafka ended while starting; .*kafka\.log"):
        own_stack.start()
    meta.write_text(text)
    assert own_stack.start() == ["kafka"]


def test_an_interrupted_start_is_completed_by_the_next(own_stack: TestStack) -> None:
    own_stack.kill("kafka")
    launch = (
        "import threading; from infra.settings import load_settings; from infra.local import stack;"
        "settings = load_settings();"
        "threading.Thread(target=stack.start, args=(settings,), daemon=True).start();"
        "daemon = stack.local_services(settings)[0].daemon(stack.Home(settings.home));"
        "exec('while daemon.find() is None: pass')"
    )
    subprocess.run(
        [sys.executable, "-c", launch],
        env=environment_of(own_stack.settings),
        check=True,
        timeout=120,
    )
    assert own_stack.start() == []
    assert all(service.is_up for service in stack_status(own_stack))
