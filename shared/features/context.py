"""Context features: local hour, weekday and device, the same in training and in serving."""

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
    """The device's index in DEVICES; any other device counts as unknown."""
    return _DEVICE_CODE.get(device, 0)


def local_hour(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int8]:
    """int8[n], 0..23: the hour of the member's local time."""
    return ((_local_ms(time_ms, offset_min) // HOUR_MS) % HOURS).astype(np.int8)


def weekday(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int8]:
    """int8[n], 0 = Monday .. 6 = Sunday, in the member's local time."""
    return ((_local_ms(time_ms, offset_min) // DAY_MS + _EPOCH_WEEKDAY) % WEEKDAYS).astype(np.int8)


def _local_ms(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16]
) -> npt.NDArray[np.int64]:
    return time_ms.astype(np.int64) + offset_min.astype(np.int64) * MINUTE_MS


def context_features(
    time_ms: npt.NDArray[np.int64], offset_min: npt.NDArray[np.int16], device: npt.NDArray[np.int8]
) -> npt.NDArray[np.float32]:
    """float32[n, CONTEXT_SIZE]: the local hour as two harmonics, weekday and device one-hot.

    The harmonics make 23 h and 0 h neighbors.
    """
    angle = 2 * np.pi * local_hour(time_ms, offset_min).astype(np.float64) / HOURS
    harmonics = np.stack(
        [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)], axis=1
    )
    days = np.eye(WEEKDAYS)[weekday(time_ms, offset_min)]
    devices = np.eye(len(DEVICES))[device]
    return np.concatenate([harmonics, days, devices], axis=1).astype(np.float32)
