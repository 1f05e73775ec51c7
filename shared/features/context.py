"""What a moment looks like to a model: local hour, weekday and device as small integers, the same
at training and at serving.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.envelope import DEVICES

HOURS: Final = 24
WEEKDAYS: Final = 7
CONTEXT_SIZE: Final = 4 + WEEKDAYS + len(DEVICES)

_DEVICE_CODE: dict[str, int] = {device: code for code, device in enumerate(DEVICES)}
# 1 January 1970 was a Thursday; weekday 0 is Monday.
_EPOCH_WEEKDAY = 3


def device_code(device: str) -> int:
    """The device's place in DEVICES; a device nobody told us of counts as unknown."""
    return _DEVICE_CODE.get(device, 0)


def local_hour(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int8]:
    """int8[n], 0..23: the hour on the member's clock."""
    return ((_local_ms(time_ms, offset_min) // HOUR_MS) % HOURS).astype(np.int8)


def weekday(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int8]:
    """int8[n], 0 = Monday .. 6 = Sunday: the day on the member's calendar."""
    return ((_local_ms(time_ms, offset_min) // DAY_MS + _EPOCH_WEEKDAY) % WEEKDAYS).astype(np.int8)


def _local_ms(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int64]:
    return time_ms.astype(np.int64) + offset_min.astype(np.int64) * MINUTE_MS


def context_features(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16], device: npt.NDArray[np.int8]
) -> npt.NDArray[np.float32]:
    """float32[n, CONTEXT_SIZE]: the local hour as two harmonics (23 h lies beside 0 h), weekday and
    device one-hot.
    """
    turn = 2 * np.pi * local_hour(time_ms, offset_min).astype(np.float64) / HOURS
    waves = np.stack([np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)], axis=1)
    days = np.eye(WEEKDAYS)[weekday(time_ms, offset_min)]
    devices = np.eye(len(DEVICES))[device]
    return np.concatenate([waves, days, devices], axis=1).astype(np.float32)
