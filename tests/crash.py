"""Ends a process as a crash does."""

import signal

import psutil

from infra.local.process import children_of, send_signal
from infra.local.tiers import RunningTier

GONE_AFTER_S = 20.0


def kill9(tier: RunningTier) -> None:
    """Send KILL to a tier's process and to its children; return when they have ended."""
    process = psutil.Process(tier.pid)
    family = [process, *children_of(process)]
    for member in family:
        send_signal(member, signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=GONE_AFTER_S)
    assert not alive
