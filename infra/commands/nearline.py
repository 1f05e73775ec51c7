"""`marquee nearline`."""


def nearline() -> None:
    """Fold signals and exposures into profile state until stopped.

    Workers with the same nearline.worker.group share the partitions, so start several to go
    faster; give each another nearline.metrics_port.

    Example: MARQUEE_NEARLINE__METRICS_PORT=9109 marquee nearline
    """
    from contextlib import closing
    from threading import Event

    from infra.local.tiers import NEARLINE, check_tier_port
    from infra.long_running import configure_logging, stop_on_signals
    from infra.settings import load_settings
    from infra.wiring import open_artifacts, open_log, open_store
    from nearline.telemetry import WorkerMetrics
    from nearline.worker import run_worker
    from shared.clock import SystemClock

    configure_logging("kafka", "cassandra")
    settings, metrics, stop = load_settings(), WorkerMetrics(), Event()
    check_tier_port(NEARLINE, settings)
    stop_on_signals(stop)
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
