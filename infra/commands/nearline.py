"""`marquee nearline`."""


def nearline() -> None:
    """Fold signals and exposures into profile state until stopped.

    Workers with the same nearline.worker.group share the partitions, so start several to go
    faster; give each another nearline.metrics_port.

    Example: MARQUEE_NEARLINE__METRICS_PORT=9109 marquee nearline
    """
    import logging
    import signal
    from contextlib import closing
    from threading import Event

    from infra.local.tiers import NEARLINE, check_tier_port
    from infra.settings import load_settings
    from infra.wiring import open_artifacts, open_log, open_store
    from nearline.telemetry import WorkerMetrics
    from nearline.worker import run_worker
    from shared.clock import SystemClock

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("kafka").setLevel(logging.WARNING)
    logging.getLogger("cassandra").setLevel(logging.WARNING)
    settings, metrics, stop = load_settings(), WorkerMetrics(), Event()
    check_tier_port(NEARLINE, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.nearline.metrics_port:
        metrics.serve(settings.nearline.metrics_port)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        run_worker(
            log,
            store,
            open_artifacts(settings),
            settings.nearline.worker,
            SystemClock(),
            stop,
            metrics,
        )
