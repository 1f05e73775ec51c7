"""Logging and stop signals of the commands that run until they are stopped."""

import logging
import signal
from threading import Event


def configure_logging(*quiet: str) -> None:
    """Log to stderr from INFO on; the loggers named `quiet` from WARNING on."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in quiet:
        logging.getLogger(name).setLevel(logging.WARNING)


def stop_on_signals(stopping: Event) -> None:
    """Set the event at SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
