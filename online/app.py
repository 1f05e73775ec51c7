"""Start, check and stop replicas under Ray Serve; the only module that imports Ray."""

import hashlib
import logging
import os
import shlex
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI

from online.api import create_api
from online.service import Watcher, build_service
from online.settings import ServeTuning, ServiceSettings
from shared.artifacts.port import Artifacts
from shared.clock import SystemClock
from shared.connections import ConnectionFactory
from shared.errors import SetupError
from shared.log.port import Log
from shared.store.port import Store

logger = logging.getLogger(__name__)

APP = "marquee"
# HAProxy accepts socket paths of up to 97 bytes. Ray's socket is <folder>/<56 digits>/haproxy.sock.
MAX_TEMP_PATH = 97 - 1 - 56 - 1 - len("haproxy.sock")
INGRESS = "online.ingress:middleware"


@dataclass(frozen=True)
class Connections:
    """Factories of the connections of a replica."""

    store: ConnectionFactory[Store]
    log: ConnectionFactory[Log]
    artifacts: ConnectionFactory[Artifacts]


@dataclass(frozen=True)
class ServeSettings:
    """Settings of Ray Serve. All that affect requests are set explicitly."""

    host: str
    port: int
    replicas: int
    folder: Path
    """Folder for the pointer and artifacts of replicas, and for Ray's sockets and logs."""
    haproxy: Path | None = None
    """HAProxy binary to use as ingress; None uses Serve's own proxy."""
    tuning: ServeTuning = field(default_factory=ServeTuning)
    """Queues, timeouts and health checks."""


class Replica:
    """One serving process: the service, its threads, and the health check.

    The health check runs on the same event loop as the requests.
    """

    def __init__(self, connections: Connections, folder: Path, settings: ServiceSettings) -> None:
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        clock = SystemClock()
        self._store, self._log = connections.store.open(), connections.log.open()
        self._service = build_service(
            self._store, self._log, connections.artifacts.open(), folder, settings, clock
        )
        replica = settings.replica
        self._watcher = Watcher(
            self._service.snapshots, replica.poll_s, replica.catalog_poll_s, clock
        )
        self._watcher.start()

    def __serve_build_asgi_app__(self) -> FastAPI:
        return create_api(self._service)

    async def check_health(self) -> None:
        """Check that the watcher runs. The event loop runs if this method does.

        Raises:
            RuntimeError: the watcher has ended; Serve then replaces the replica.
        """
        if not self._watcher.alive:
            raise RuntimeError("the thread that follows publications has ended")

    def __del__(self) -> None:
        """Close everything; Serve calls this when it stops the replica."""
        for name, close in (
            ("watcher", self._watcher.stop),
            ("producer", self._service.close),
            ("log", self._log.close),
            ("store", self._store.close),
        ):
            started_s = time.monotonic()
            close()
            logger.info("closed the %s in %.1f s", name, time.monotonic() - started_s)


def serve(
    connections: Connections, settings: ServeSettings, service: ServiceSettings
) -> Callable[[], None]:
    """Start Ray and the application on this machine.

    Returns when the replicas run; the result is the function that stops everything.
    """
    _prepare_environment(settings)
    # Ray reads the environment at import.
    import ray
    from ray import serve as ray_serve

    _start_ray_serve(settings)
    deployment = ray_serve.deployment(
        name="pages",
        num_replicas=settings.replicas,
        max_ongoing_requests=settings.tuning.max_ongoing,
        max_queued_requests=settings.tuning.max_queued,
        health_check_period_s=settings.tuning.health_period_s,
        health_check_timeout_s=settings.tuning.health_timeout_s,
        graceful_shutdown_timeout_s=settings.tuning.graceful_stop_s,
        graceful_shutdown_wait_loop_s=0.2,
        ray_actor_options={"num_cpus": 0},
        logging_config={"enable_access_log": False, "log_level": "INFO"},
    )(ray_serve.ingress()(Replica))
    ray_serve.run(
        deployment.bind(connections, settings.folder, service), name=APP, route_prefix="/"
    )

    def stop() -> None:
        # Serve waits 30 s for its controller, even if that has ended.
        closing = threading.Thread(target=ray_serve.shutdown, name="serve-shutdown", daemon=True)
        closing.start()
        closing.join(settings.tuning.stop_timeout_s)
        ray.shutdown()

    return stop


def _start_ray_serve(settings: ServeSettings) -> None:
    """Start Ray, and Serve with its proxy, in several attempts.

    On a busy machine Ray's processes can miss Ray's 15 s, and the proxy its health checks.

    Raises:
        SetupError: no attempt succeeded.
    """
    import ray

    for attempt in range(settings.tuning.start_attempts):
        try:
            _start_ray(settings)
            _start_proxy(settings)
        except Exception as error:  # noqa: BLE001 Ray raises a bare Exception
            logger.warning(
                "Ray Serve did not start (attempt %d of %d): %s",
                attempt + 1,
                settings.tuning.start_attempts,
                error,
            )
            ray.shutdown()
        else:
            return
    logs = _temp_folder(settings.folder) / "session_latest" / "logs"
    raise SetupError(
        f"Ray Serve did not start in {settings.tuning.start_attempts} attempts; read its logs in "
        f"{logs}."
    )


def _start_ray(settings: ServeSettings) -> None:
    import ray

    ray.init(
        address="local",
        num_cpus=max(2, settings.replicas),
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=settings.tuning.object_store_mb * 1024 * 1024,
        logging_level=logging.WARNING,
        _node_ip_address="127.0.0.1",
        _temp_dir=str(_temp_folder(settings.folder)),
    )


def _start_proxy(settings: ServeSettings) -> None:
    from ray import serve as ray_serve

    ray_serve.start(
        proxy_location="HeadOnly",
        http_options={
            "host": settings.host,
            "port": settings.port,
            "request_timeout_s": settings.tuning.request_timeout_s,
        },
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
    )


def _prepare_environment(settings: ServeSettings) -> None:
    """Set Ray's environment variables, for this process and its children."""
    os.environ.update(
        {
            # By default workers start at niceness 15: with busy JVMs on the machine that raised
            # p99 from 20 ms to 6,350 ms.
            "RAY_worker_niceness": "0",
            "RAY_USAGE_STATS_ENABLED": "0",
            # The only way to bind Ray's own servers to loopback: otherwise they use the machine's
            # address, even if ray.init gets another one. All replicas run on one machine; on a
            # cluster KubeRay connects the machines.
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_ENABLE_DIRECT_INGRESS": "0" if settings.haproxy is None else "1",
            # The gRPC servers of replicas listen on all addresses, and no deployment calls another.
            "RAY_SERVE_USE_GRPC_BY_DEFAULT": "0",
            # Makes Serve's own errors problem documents.
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": INGRESS,
            "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0.5",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
    )
    if settings.haproxy is not None:
        os.environ.update(_haproxy_environment(settings.haproxy, _temp_folder(settings.folder)))


def _haproxy_environment(binary: Path, folder: Path) -> dict[str, str]:
    metrics, stats = _free_ports(2)
    wrapper = folder / "haproxy-on-loopback"
    # Ray's configuration binds the metrics and statistics ports to all addresses. The wrapper
    # binds them to loopback before HAProxy reads the file.
    to_loopback = f"s/bind [*]*:\\({metrics}\\|{stats}\\)$/bind 127.0.0.1:\\1/"
    wrapper.write_text(
        f"""#!/bin/sh
for file in "$@"; do
  case "$file" in *.cfg) sed -i '{to_loopback}' "$file" ;; esac
done
exec {shlex.quote(str(binary))} "$@"
""",
        encoding="utf-8",
    )
    wrapper.chmod(0o700)
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats),
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "haproxy.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "5",
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    }


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [int(free.getsockname()[1]) for free in sockets]


def _temp_folder(folder: Path) -> Path:
    """Return Ray's folder: in ours, or in the system's if the path is too long for Unix sockets."""
    temp = folder / "ray"
    if len(str(temp)) > MAX_TEMP_PATH:
        digest = hashlib.blake2b(str(folder).encode(), digest_size=6).hexdigest()
        temp = Path(tempfile.gettempdir()) / f"mq-{digest}"
    temp.mkdir(parents=True, exist_ok=True)
    return temp
