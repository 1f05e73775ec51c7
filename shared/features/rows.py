"""What a profile is drawn to, as rows speak of it: pure functions that the nightly candidates and
the page share.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def genre_affinity(watched: Floats, membership: Floats, prior: Floats, alpha: float) -> Floats:
    """float32[genres]: (Σ watched·member + α·prior) / (Σ watched + α), the share of watching that
    each genre has (R26).

    `watched` is float32[titles], how strongly each title counts; `membership` float32[titles,
    genres]; `prior` float32[genres], each genre's share for everybody, which is the answer for a
    profile without a history.
    """
    return np.asarray((watched @ membership + alpha * prior) / (watched.sum() + alpha), np.float32)
