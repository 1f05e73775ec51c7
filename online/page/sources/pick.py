"""What several sources need: the best few of some titles, quickly."""

from typing import Final

import numpy as np

from online.page.model import Floats
from shared.vocabulary import Numbers

# Tiles that a candidate row offers: what is shown, and spares for what stands above already.
ROW_TILES: Final = 60
LAST: Final = np.iinfo(np.int32).max


def best(numbers: Numbers, scores: Floats, count: int = ROW_TILES) -> Numbers:
    """The numbers with the highest scores (float32, one per number), best first; ties in the order
    of the numbers.

    Score and number become one integer each: thousands of titles score alike, and selection among
    equals is ten times as slow.
    """
    bits = (scores + np.float32(0)).view(np.int32)
    # IEEE floats sort as integers do, once the order of the negative ones is turned round.
    ascending = (bits ^ (bits >> 31 & LAST)).astype(np.int64)
    keys = ascending << 32 | (LAST - numbers)
    if len(keys) > count:
        keys = np.partition(keys, len(keys) - count)[len(keys) - count :]
    return np.asarray(LAST - (np.sort(keys)[::-1] & LAST), np.int32)
