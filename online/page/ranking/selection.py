"""Select the best titles by score."""

from typing import Final

import numpy as np
import numpy.typing as npt

from shared.vocabulary import Numbers

# Tiles of a candidate row: those of the widest row, and half as many to replace titles shown above.
ROW_TILES: Final = 60
_LARGEST: Final = np.iinfo(np.int32).max


def select_best(
    numbers: Numbers, scores: npt.NDArray[np.float32], count: int = ROW_TILES
) -> Numbers:
    """Return the numbers with the highest scores, best first; equal scores by ascending number.

    `scores` is float32, one for each number. Score and number are packed into one integer, because
    thousands of titles have equal scores and selection among equals is ten times slower (measured
    by tests/benchmarks/test_page_assembly.py).
    """
    bits = (scores + np.float32(0)).view(np.int32)
    # IEEE floats sort like integers once the order of the negative ones is reversed.
    ascending = (bits ^ (bits >> 31 & _LARGEST)).astype(np.int64)
    keys = ascending << 32 | (_LARGEST - numbers)
    if len(keys) > count:
        keys = np.partition(keys, len(keys) - count)[len(keys) - count :]
    return np.asarray(_LARGEST - (np.sort(keys)[::-1] & _LARGEST), np.int32)
